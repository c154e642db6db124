"""The buttons of a confirmed deletion: Undo, Pause, Resume, Accept, Stop the rest, Check, Retry, Delete the kept."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.actions import Refused
from dashboard.deletions.drafts.freezing import NothingSelected
from dashboard.deletions.models import Deletion
from dashboard.deletions.views.answers import by
from dashboard.deletions.views.detail import render_live
from dashboard.deletions.views.draft import show_draft
from dashboard.deletions.views.strip import render_strip
from dashboard.pages.refusals import refused


def ask(request: SignedInRequest, uuid: UUID, act: Callable[[Deletion], object]) -> HttpResponse:
    """Carries out one request; answers with the strip if it was asked there, else with the deletion's page."""
    deletion = get_object_or_404(Deletion, uuid=uuid)
    try:
        act(deletion)
    except Refused as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    if request.htmx and request.htmx.target == "strip":
        return render_strip(request, shown=request.POST.get("shown", ""))
    if request.htmx:
        return render_live(request, deletion)
    return HttpResponseRedirect(deletion.get_absolute_url(), status=303)


@require_POST
@permission_required(DELETE_TASKS)
def deletion_undo(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return ask(request, uuid, lambda row: actions.undo(deletion=row, by=by(request), now=clock.now()))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_pause(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return ask(request, uuid, lambda row: actions.pause(deletion=row, by=by(request)))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_resume(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return ask(request, uuid, lambda row: actions.resume(deletion=row, by=by(request), now=clock.now()))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_accept(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return ask(request, uuid, lambda row: actions.accept(deletion=row, by=by(request), now=clock.now()))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_stop(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return ask(request, uuid, lambda row: actions.stop_rest(deletion=row, by=by(request), now=clock.now()))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_check(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return ask(request, uuid, lambda row: actions.check_unknown(deletion=row, by=by(request), now=clock.now()))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_retry(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return _take_up(request, uuid, lambda row: actions.retry_refused(deletion=row, by=by(request), now=clock.now()))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_delete_kept(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return _take_up(request, uuid, lambda row: actions.delete_kept(deletion=row, by=by(request), now=clock.now()))


def _take_up(request: SignedInRequest, uuid: UUID, act: Callable[[Deletion], Deletion]) -> HttpResponse:
    """Asks for a new draft, and shows it."""
    deletion = get_object_or_404(Deletion, uuid=uuid)
    try:
        draft = act(deletion)
    except (Refused, NothingSelected) as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    return show_draft(request, draft)
