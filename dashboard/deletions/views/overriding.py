"""Asking for held tasks all the same: of a draft, or for one task from its own page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.actions import Refused
from dashboard.deletions.models import Deletion
from dashboard.deletions.views.answers import by
from dashboard.deletions.views.draft import draft_context
from dashboard.pages.refusals import refused
from dashboard.register.models import TrackedTask
from dashboard.register.selecting import BadSelection, row_numbers


@require_POST
@permission_required(DELETE_TASKS)
def deletion_override(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    try:
        actions.override_holds(deletion=deletion, by=by(request), now=clock.now())
    except Refused as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    if not request.htmx:
        return HttpResponseRedirect(deletion.get_absolute_url(), status=303)
    deletion.refresh_from_db()
    return render(request, "deletions/_dialog.html", draft_context(deletion))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_despite_hold(request: SignedInRequest) -> HttpResponse:
    try:
        [number] = row_numbers([request.POST.get("task", "")])
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    task = get_object_or_404(TrackedTask, pk=number)
    try:
        draft = actions.draft_despite_hold(task=task, by=by(request), now=clock.now())
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return HttpResponseRedirect(draft.get_absolute_url(), status=303)
