"""A deletion's own page: its progress, its items and its calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.calls.models import Control, ProviderCall
from dashboard.deletions import actions
from dashboard.deletions.history import items, strip
from dashboard.deletions.history.progress import evidence_of, progress_of
from dashboard.deletions.models import Deletion, Outcome, State, outcome_words
from dashboard.deletions.views.draft import draft_context, draft_part
from dashboard.pages.cursors import Damaged
from dashboard.pages.foreign import quoted
from dashboard.pages.refusals import refused
from dashboard.pages.seen import SEEN, unless_seen

CALLS_SHOWN = 50
CALLS_COUNTED = 1000
"""More are not counted, since each poll of the page asks for their number."""


@dataclass(frozen=True, kw_only=True)
class Place:
    outcome: str = ""
    mark: items.Mark | None = None
    number: int = 1
    """Only shown: `mark` finds the page."""

    @classmethod
    def parsed(cls, *, outcome: str, at: str, number: str) -> Place:
        mark = items.Mark.parsed(at) if at else None
        if (mark and outcome not in {"", mark.outcome}) or not re.fullmatch(r"[0-9]{0,9}", number, re.ASCII):
            raise Damaged(at or number)
        return cls(outcome=outcome, mark=mark, number=max(int(number or 1), 1) if mark else 1)


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
        return draft_part(request, deletion, part)
    if deletion.state == State.DRAFT:
        return render(
            request,
            "deletions/deletion_detail.html",
            {**draft_context(deletion), **_items(deletion, place)},
        )
    if request.method == "GET":
        # A HEAD request shows nothing to a person.
        actions.note_opened(deletion=deletion, user=request.user, now=clock.now())
    context = _live_context(deletion, place)
    if part != "live":
        return render(request, "deletions/deletion_detail.html", context)
    return unless_seen(request, _live(request, context))


def render_live(request: SignedInRequest, deletion: Deletion) -> HttpResponse:
    """The part of a deletion's page that changes."""
    deletion = Deletion.objects.with_circumstances().get(pk=deletion.pk)
    return unless_seen(request, _live(request, _live_context(deletion, Place())))


def _live(request: SignedInRequest, context: dict[str, object]) -> str:
    """Includes the number in the rail, which changes when this deletion ends."""
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
        # Controls say something about now only, so an ended deletion shows none.
        "vouchers": Control.objects.filter(account__host=deletion.host, witness_at__isnull=False)
        if deletion.state == State.RUNNING and not deletion.doubt
        else [],
        "retries": list(deletion.retries.exclude(state__in=[State.DRAFT, State.DISCARDED])),
        "concurrency": settings.TENSORSLAB_CONCURRENCY,
        "batch_size": settings.TENSORSLAB_BATCH_SIZE,
        "verify": settings.DELETION_VERIFY,
        "fingerprint_short": f"{deletion.fingerprint[:4]}·{deletion.fingerprint[4:8]}",
    }
