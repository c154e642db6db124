"""Approve, Decline and Withdraw, of a deletion that waits for approval."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from dashboard.access.permissions import APPROVE_DELETIONS, DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.actions import Changed, Invalid, Refused
from dashboard.deletions.models import Deletion
from dashboard.deletions.views import show_yourself
from dashboard.deletions.views.answers import by
from dashboard.deletions.views.controls import ask
from dashboard.deletions.views.detail import render_live, render_page
from dashboard.pages.refusals import refused

NO_SET = "This request names no set of tasks. Go back to the page and use the button there."


@require_POST
@permission_required(APPROVE_DELETIONS)
def deletion_approve(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    shown = {name: request.POST.get(name, "") for name in ("fingerprint", "count")}
    if not all(shown.values()):
        return refused(request, NO_SET, status=422, deletion=deletion)
    if person_asked := show_yourself.before_approving(request, deletion):
        return person_asked
    try:
        actions.approve(deletion=deletion, by=by(request), **shown, now=clock.now())
    except (Changed, Refused) as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    return _done(request, deletion)


@require_POST
@permission_required(APPROVE_DELETIONS)
def deletion_decline(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    reason = request.POST.get("reason", "")
    try:
        actions.decline(deletion=deletion, by=by(request), reason=reason, now=clock.now())
    except Invalid as invalid:
        if request.htmx:
            return refused(request, str(invalid), status=422)
        return render_page(request, deletion, status=422, decline_error=str(invalid), decline_reason=reason)
    except Refused as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    return _done(request, deletion)


@require_POST
@permission_required(DELETE_TASKS)
def deletion_withdraw(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return ask(request, uuid, lambda row: actions.withdraw(deletion=row, by=by(request), now=clock.now()))


def _done(request: SignedInRequest, deletion: Deletion) -> HttpResponse:
    if request.htmx:
        return render_live(request, deletion)
    return HttpResponseRedirect(deletion.get_absolute_url(), status=303)
