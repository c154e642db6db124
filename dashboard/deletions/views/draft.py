from __future__ import annotations

import json
from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.actions import Changed, Invalid, NotYet, Refused
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.deletions.views.detail import by, draft_context, list_without_selection, render_strip
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused
from dashboard.register import selecting
from dashboard.register.listing import Address
from dashboard.register.selecting import GONE, BadSelection, Ticks
from dashboard.register.views.now import fragments

NOTHING = "Nothing is selected. Tick at least one task."
CHANGED = (
    "Some of these tasks became busy or held meanwhile and are skipped now. Read the new numbers, then confirm again."
)


@require_POST
@permission_required(DELETE_TASKS)
def deletion_draft(request: SignedInRequest) -> HttpResponse:
    try:
        address = Address.from_query(request.GET)
        ticks = Ticks.from_post(request.POST)
        selection, told = selecting.take(ticks, user=request.user, filter=address.filter)
        if selecting.is_empty(selection):
            selecting.clear(selection)
            raise BadSelection(GONE if told else NOTHING)
        back = address.with_selection(selection.uuid).query_string()
        deletion = actions.draft(selection=selection, by=by(request), back=back, now=clock.now())
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    except freezing.NothingSelected:
        return refused(request, NOTHING, status=422)
    if not request.htmx:
        if told:
            messages.warning(request, told)
        return show_draft(request, deletion)
    # Its ticks may be other than those that the page knows of: busy ones were left out, or a new selection begun.
    response = fragments(request, address, ticks.shown, selection)
    response.content = show_draft(request, deletion, told=told).content + response.content
    return response


def show_draft(request: SignedInRequest, deletion: Deletion, *, told: str = "") -> HttpResponse:
    if not request.htmx:
        return HttpResponseRedirect(deletion.get_absolute_url(), status=303)
    return render(request, "deletions/_dialog.html", draft_context(deletion, errors={"": told}))


@require_POST
@permission_required(DELETE_TASKS)
def deletion_confirm(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    reason, typed = request.POST.get("reason", ""), request.POST.get("typed", "")
    try:
        actions.confirm(deletion=deletion, by=by(request), reason=reason, typed=typed, now=clock.now())
    except Invalid as invalid:
        return _again(request, deletion, errors=invalid.errors, status=422)
    except Changed:
        return _again(request, deletion, errors={"": CHANGED}, status=409)
    except NotYet as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    except Refused as refusal:
        response = refused(request, str(refusal), status=409, deletion=deletion)
        # It can't be confirmed any more: the dialog has nothing left to ask.
        response["HX-Trigger"] = "draft-over"
        return response
    page = _spend_selection(request, deletion)
    if not request.htmx:
        return HttpResponseRedirect(deletion.get_absolute_url(), status=303)
    response = render_strip(request, shown=request.POST.get("shown", ""), watching=False)
    response["HX-Retarget"], response["HX-Reswap"] = "#strip", "outerHTML"
    response["HX-Replace-Url"] = page
    response["HX-Trigger"] = json.dumps({"deletion-confirmed": {"uuid": str(deletion.uuid)}})
    return response


def _spend_selection(request: SignedInRequest, deletion: Deletion) -> str:
    """Clears the selection that the draft was made of. Returns the list page without it."""
    # Forgotten meanwhile: there is nothing left to clear.
    with suppress(BadSelection):
        address = Address.from_query(QueryDict(deletion.back))
        selecting.clear(selecting.find(address.selection, user=request.user))
    return list_without_selection(deletion)


def _again(request: SignedInRequest, deletion: Deletion, *, errors: dict[str, str], status: int) -> HttpResponse:
    deletion.refresh_from_db()
    said = {name: request.POST.get(name, "") for name in ("reason", "typed")}
    context = draft_context(deletion, errors=errors, **said)
    template = "deletions/_dialog.html" if request.htmx else "deletions/deletion_detail.html"
    return render(request, template, context, status=status)


@require_POST
@permission_required(DELETE_TASKS)
def deletion_keep(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    try:
        actions.discard(deletion=deletion, by=by(request))
    except Refused as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"deletion-kept": {}})})
    back = reverse("task-list") + (f"?{deletion.back}" if deletion.back else "")
    if deletion.retry_of is not None:
        back = deletion.retry_of.get_absolute_url()
    return HttpResponseRedirect(back, status=303)
