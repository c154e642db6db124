from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest, client_address
from dashboard.calls import accounts, clock
from dashboard.calls.models import Control, ProviderCall
from dashboard.deletions import actions
from dashboard.deletions.drafts.facts import facts_of
from dashboard.deletions.history import items, strip
from dashboard.deletions.history.progress import evidence_of, freezing_of, progress_of
from dashboard.deletions.models import Deletion, Outcome, State, outcome_words
from dashboard.pages.cursors import Damaged
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.foreign import quoted
from dashboard.pages.refusals import refused
from dashboard.pages.seen import SEEN, unless_seen
from dashboard.register.filters.pasted import Pasted
from dashboard.register.listing import Address
from dashboard.register.selecting import BadSelection

NOT_CONFIRMED = "What you sent last did not arrive, or was not done. Nothing is confirmed yet."
CALLS_SHOWN = 50
CALLS_COUNTED = 1000
"""More are not counted, since a page that is polled asks for their number each time."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which page of the items an address names."""

    outcome: str = ""
    mark: items.Mark | None = None
    number: int = 1
    """Only shown: it is the mark that finds the page."""

    @classmethod
    def parsed(cls, *, outcome: str, at: str, number: str) -> Place:
        mark = items.Mark.parsed(at) if at else None
        if (mark and outcome not in {"", mark.outcome}) or not re.fullmatch(r"[0-9]{0,9}", number, re.ASCII):
            raise Damaged(at or number)
        return cls(outcome=outcome, mark=mark, number=max(int(number or 1), 1) if mark else 1)


def by(request: SignedInRequest) -> actions.By:
    return actions.By(user=request.user, address=client_address(request))


def draft_context(
    deletion: Deletion, *, errors: dict[str, str] | None = None, reason: str | None = None, typed: str = ""
) -> dict[str, object]:
    errors = errors or {}
    return {
        "deletion": deletion,
        "facts": facts_of(deletion),
        "freezing": freezing_of(deletion),
        "pasted": _pasted(deletion),
        "errors": {name: text for name, text in errors.items() if name},
        "error": errors.get("", ""),
        "typed_needed": actions.is_typed_needed(deletion),
        "reason": deletion.reason if reason is None else reason,
        "typed": typed,
        "doubt": accounts.doubt(),
        "grace": settings.DELETION_GRACE_SECONDS,
        "fingerprint_short": f"{deletion.fingerprint[:4]}·{deletion.fingerprint[4:8]}",
    }


def _pasted(deletion: Deletion) -> Pasted | None:
    """What became of the ids that the list was searched for, where it was."""
    # A version with other filters may have written the address.
    with suppress(BadFilter):
        filter = Address.from_query(QueryDict(deletion.back)).filter
        return filter.pasted if filter.by_task_id else None
    return None


@require_safe
def deletion_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion.objects.with_circumstances().select_related("retry_of"), uuid=uuid)
    outcome, number, at = (request.GET.get(name, "") for name in ("outcome", "page", "from"))
    if outcome and outcome not in Outcome.values:
        sentence = f"Outcome: {quoted(outcome)} is not one of {', '.join(Outcome.values)}."
        return refused(request, sentence, status=400, deletion=deletion)
    try:
        place = Place.parsed(outcome=outcome, at=at, number=number)
    except Damaged as bad:
        return refused(request, f"{quoted(str(bad))} is not a page of these items.", status=400, deletion=deletion)
    if deletion.is_being_frozen:
        actions.watch_freezing(deletion=deletion, now=clock.now())
    part = request.GET.get("part", "")
    if part in {"dialog", "draft", "fate"}:
        return _draft_part(request, deletion, part)
    if deletion.state == State.DRAFT:
        return render(
            request,
            "deletions/deletion_detail.html",
            {**draft_context(deletion), **_items(deletion, place)},
        )
    if request.method == "GET":
        # Who asks for the head alone has seen nothing.
        actions.note_opened(deletion=deletion, user=request.user, now=clock.now())
    context = _live_context(deletion, place)
    if part != "live":
        return render(request, "deletions/deletion_detail.html", context)
    return unless_seen(request, _live(request, context))


def list_without_selection(deletion: Deletion) -> str:
    """The page that it was drafted on, without what was selected there."""
    query = Address.from_query(QueryDict(deletion.back)).with_selection(None).query_string()
    return reverse("task-list") + (f"?{query}" if query else "")


def _draft_part(request: SignedInRequest, deletion: Deletion, part: str) -> HttpResponse:
    """How far freezing is; then the dialog itself, or the whole page. To a dialog whose answer was lost, its fate."""
    if deletion.state == State.DISCARDED:
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


def render_live(request: SignedInRequest, deletion: Deletion) -> HttpResponse:
    """What changes on a deletion's page, as it is now."""
    deletion = Deletion.objects.with_circumstances().get(pk=deletion.pk)
    return unless_seen(request, _live(request, _live_context(deletion, Place())))


def _live(request: SignedInRequest, context: dict[str, object]) -> str:
    """With the number in the rail, which changes when this deletion ends."""
    beside = {"in_flight": strip.in_flight(), "oob": True}
    content = render_to_string("deletions/_live.html", context, request)
    return content + render_to_string("components/_in_flight.html", beside, request)


def _items(deletion: Deletion, place: Place) -> dict[str, object]:
    page = items.page_of(deletion, outcome=place.outcome, mark=place.mark)
    in_draft = deletion.state == State.DRAFT
    for item in page.items:
        item.in_draft = in_draft
    return {
        "items": page.items,
        "outcome": place.outcome,
        "outcomes": [
            {"outcome": o.value, "label": outcome_words(o, in_draft=in_draft), "count": getattr(deletion, o.value)}
            for o in items.ORDER
            if getattr(deletion, o.value)
        ],
        "place": place,
        "previous": page.previous,
        "next": page.next,
        "pages": items.pages(deletion, outcome=place.outcome),
    }


def _live_context(deletion: Deletion, place: Place) -> dict[str, object]:
    calls = ProviderCall.objects.left().filter(deletion=deletion.uuid)
    progress = progress_of(deletion, now=clock.now())
    return {
        **_items(deletion, place),
        "deletion": deletion,
        "progress": progress,
        "evidence": evidence_of(deletion, now=clock.now()),
        "polling": progress.polling,
        "seen": SEEN,
        "calls": list(calls[:CALLS_SHOWN]),
        "calls_number": calls.order_by()[: CALLS_COUNTED + 1].count(),
        "calls_counted": CALLS_COUNTED,
        # Of now, and so nothing for what is over.
        "vouchers": Control.objects.filter(account__host=deletion.host, witness_at__isnull=False)
        if deletion.state == State.RUNNING and not deletion.doubt
        else [],
        "retries": list(deletion.retries.exclude(state__in=[State.DRAFT, State.DISCARDED])),
        "concurrency": settings.TENSORSLAB_CONCURRENCY,
        "batch_size": settings.TENSORSLAB_BATCH_SIZE,
        "verify": settings.DELETION_VERIFY,
        "fingerprint_short": f"{deletion.fingerprint[:4]}·{deletion.fingerprint[4:8]}",
    }


@require_safe
def deletion_strip(request: SignedInRequest) -> HttpResponse:
    try:
        return render_strip(request, shown=request.GET.get("shown", ""))
    except BadSelection as bad:
        return refused(request, str(bad), status=422)


def render_strip(request: SignedInRequest, *, shown: str, watching: bool = True) -> HttpResponse:
    """The strip, and out of band the presence cells of the rows that the page shows."""
    try:
        context = strip.context(user=request.user, shown=shown, watching=watching)
    except BadSelection:
        if request.method != "POST":
            raise
        # What was asked for is done by now; only the page's own cells can't be told.
        context = strip.context(user=request.user, shown="", watching=watching)
    content = render_to_string("deletions/_strip.html", context, request)
    return unless_seen(request, content)
