"""The dialog, or the page, that asks whether these tasks shall be deleted."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.access.signing_in import fresh
from dashboard.calls import accounts, clock
from dashboard.deletions import actions
from dashboard.deletions.actions import Changed, Invalid, NotYet, Refused
from dashboard.deletions.approvals import needs
from dashboard.deletions.drafts import freezing
from dashboard.deletions.drafts.facts import facts_of
from dashboard.deletions.history.progress import freezing_of
from dashboard.deletions.models import Deletion, State
from dashboard.deletions.views import show_yourself
from dashboard.deletions.views.answers import by
from dashboard.deletions.views.strip import render_strip
from dashboard.media import showing
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused
from dashboard.register import outside, selecting
from dashboard.register.filters.pasted import Pasted
from dashboard.register.listing import Address
from dashboard.register.models import Selection
from dashboard.register.selecting import GONE, BadSelection, Ticks
from dashboard.register.views.now import fragments

NOTHING = "Nothing is selected. Tick at least one task."
NOT_CONFIRMED = "What you sent last did not arrive, or was not done. Nothing is confirmed yet."


@require_POST
@permission_required(DELETE_TASKS)
def deletion_draft(request: SignedInRequest) -> HttpResponse:
    try:
        address = Address.from_query(request.GET)
        ticks = Ticks.from_post(request.POST)
        selection, told = selecting.take(ticks, user=request.user, filter=address.filter)
        if selection is None or not selection.count:
            raise BadSelection(GONE if told else NOTHING)
        address = address.showing(selection)
        outside.carry(selection, address.filter)
        hidden = outside.outside(selection, address.filter)
        back = address.query_string()
        deletion = actions.draft(selection=selection, by=by(request), back=back, hidden=hidden, now=clock.now())
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
    # The selection may differ from the page's: busy tasks were left out, or a new selection was begun.
    response = fragments(request, address, ticks.shown, selection)
    response.content = show_draft(request, deletion, told=told).content + response.content
    return response


def show_draft(request: SignedInRequest, deletion: Deletion, *, told: str = "") -> HttpResponse:
    if not request.htmx:
        return HttpResponseRedirect(deletion.get_absolute_url(), status=303)
    return render(request, "deletions/_dialog.html", draft_context(deletion, errors={"": told}))


def draft_context(
    deletion: Deletion, *, errors: dict[str, str] | None = None, reason: str | None = None, typed: str = ""
) -> dict[str, object]:
    errors = errors or {}
    asks = [] if deletion.is_being_frozen else needs.reasons_of(deletion, now=clock.now())
    return {
        **set_context(deletion),
        "freezing": freezing_of(deletion),
        "asks": asks,
        "approvers": needs.approvers_besides(deletion.actor) if asks else [],
        "approval_hours": settings.DELETION_APPROVAL_HOURS,
        "errors": {name: text for name, text in errors.items() if name},
        "error": errors.get("", ""),
        "person_asked_above": settings.DELETION_REAUTH_ABOVE if actions.is_person_asked(deletion) else None,
        "typed_needed": actions.is_typed_needed(deletion),
        "reason": deletion.reason if reason is None else reason,
        "typed": typed,
        "doubt": accounts.doubt(),
        "grace": settings.DELETION_GRACE_SECONDS,
    }


def set_context(deletion: Deletion) -> dict[str, object]:
    """What is shown of a whole set: to who confirms it, and to who approves it."""
    facts = facts_of(deletion)
    pictures = showing.of_tasks([*facts.thumbnails, *(task for odd in facts.odd for task in odd.tasks)])
    return {
        "deletion": deletion,
        "facts": facts,
        "odd": [(odd, [(task, pictures[task.pk]) for task in odd.tasks]) for odd in facts.odd],
        "strip": [(task, pictures[task.pk]) for task in facts.thumbnails],
        "pictures": pictures,
        "pasted": _pasted(deletion),
        "fingerprint_short": f"{deletion.fingerprint[:4]}·{deletion.fingerprint[4:8]}",
    }


def _pasted(deletion: Deletion) -> Pasted | None:
    """The result for each id of a search for pasted ids."""
    # A version with other filters may have written the address.
    with suppress(BadFilter):
        filter = Address.from_query(QueryDict(deletion.back)).filter
        return filter.pasted if filter.by_task_id else None
    return None


def draft_part(request: SignedInRequest, deletion: Deletion, part: str) -> HttpResponse:
    """The progress of freezing, and then the dialog or the whole page. `fate` is for a dialog whose answer was lost."""
    if deletion.state == State.DISCARDED and deletion.approval_asked_at is None:
        return render(request, "_error.html", {"sentence": "This draft was discarded. Its tasks were kept."})
    if deletion.state != State.DRAFT:
        if part == "draft" or deletion.retry_of is not None:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return HttpResponse(headers={"HX-Redirect": list_without_selection(deletion)})
    if part == "fate":
        return render(request, "_error.html", {"sentence": NOT_CONFIRMED})
    if not deletion.is_being_frozen and part == "draft":
        return HttpResponse(headers={"HX-Refresh": "true"})
    template = "_freezing" if deletion.is_being_frozen else "_dialog"
    context = {**draft_context(deletion), "in_dialog": part == "dialog"}
    return render(request, f"deletions/{template}.html", context)


@require_POST
@permission_required(DELETE_TASKS)
def deletion_confirm(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    said: dict[str, Any] = {name: request.POST.get(name, "") for name in ("reason", "typed", "seen")}
    asks = {"yes": True, "no": False}.get(request.POST.get("asks", ""))
    try:
        if person_asked := show_yourself.before_confirming(
            request, deletion, reason=said["reason"], typed=said["typed"]
        ):
            return person_asked
        shown = fresh.is_fresh(request)
        actions.confirm(deletion=deletion, by=by(request), **said, asks=asks, shown=shown, now=clock.now())
    except Invalid as invalid:
        return _again(request, deletion, errors=invalid.errors, status=422)
    except Changed as changed:
        return _again(request, deletion, errors={"": str(changed)}, status=409)
    except NotYet as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    except Refused as refusal:
        response = refused(request, str(refusal), status=409, deletion=deletion)
        # It can't be confirmed any more, so the dialog must close.
        response["HX-Trigger"] = "draft-over"
        return response
    page = _spend_selection(request, deletion)
    if not request.htmx:
        return HttpResponseRedirect(deletion.get_absolute_url(), status=303)
    response = render_strip(request, shown=request.POST.get("shown", ""), anew=True)
    response["HX-Retarget"], response["HX-Reswap"] = "#strip", "outerHTML"
    response["HX-Replace-Url"] = page
    response["HX-Trigger"] = json.dumps({"deletion-confirmed": {"uuid": str(deletion.uuid)}})
    return response


def _spend_selection(request: SignedInRequest, deletion: Deletion) -> str:
    """What is confirmed leaves the selection that it was made of. Returns the list page without that."""
    # Forgotten meanwhile: there is nothing left.
    with suppress(BadSelection, Selection.DoesNotExist):
        address = Address.from_query(QueryDict(deletion.back))
        selection = selecting.find(address.selection, user=request.user)
        if selection is not None:
            actions.spend(deletion=deletion, selection=selection)
    return list_without_selection(deletion)


def list_without_selection(deletion: Deletion) -> str:
    """The page that it was drafted on, without what was selected there."""
    query = Address.from_query(QueryDict(deletion.back)).showing(None).query_string()
    return reverse("task-list") + (f"?{query}" if query else "")


def _again(request: SignedInRequest, deletion: Deletion, *, errors: dict[str, str], status: int) -> HttpResponse:
    deletion.refresh_from_db()
    said = {name: request.POST.get(name, "") for name in ("reason", "typed")}
    context = draft_context(deletion, errors=errors, **said)
    template = "deletions/_dialog.html" if request.htmx else "deletions/deletion_detail.html"
    return render(request, template, context, status=status)


@require_POST
@permission_required(DELETE_TASKS)
def deletion_discard(request: SignedInRequest, uuid: UUID) -> HttpResponse:
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
