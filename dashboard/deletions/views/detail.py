"""A deletion's own page: its progress, its items and its calls."""

from __future__ import annotations

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
from dashboard.deletions.approvals import decisions, needs
from dashboard.deletions.history import strip
from dashboard.deletions.history.pace import paces
from dashboard.deletions.history.progress import evidence_of, polling, progress_of
from dashboard.deletions.models import Deletion, State
from dashboard.deletions.views.draft import draft_context, draft_part, set_context
from dashboard.deletions.views.items import BadPlace, Place, items_context
from dashboard.pages.refusals import refused
from dashboard.pages.seen import SEEN, unless_seen

CALLS_SHOWN = 50
CALLS_COUNTED = 1000
"""More are not counted, since each poll of the page asks for their number."""


@require_safe
def deletion_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion.objects.with_circumstances().select_related("retry_of"), uuid=uuid)
    try:
        place = Place.parsed(request.GET)
    except BadPlace as bad:
        return refused(request, str(bad), status=400, deletion=deletion)
    if deletion.is_being_frozen and not settings.READ_ONLY:
        actions.watch_freezing(deletion=deletion, now=clock.now())
    part = request.GET.get("part", "")
    if part in {"dialog", "draft", "fate"}:
        return draft_part(request, deletion, part)
    if part == "row":
        return unless_seen(request, _with_rail(request, "deletions/_row.html", row_context(deletion)))
    if deletion.state == State.DRAFT:
        context = {**draft_context(deletion), **items_context(deletion, place)}
        return render(request, "deletions/deletion_detail.html", context)
    if request.method == "GET" and not settings.READ_ONLY:
        # A HEAD request shows nothing to a person.
        actions.note_opened(deletion=deletion, user=request.user, now=clock.now())
    context = _live_context(deletion, place)
    if part != "live":
        return render(request, "deletions/deletion_detail.html", context)
    return unless_seen(request, _with_rail(request, "deletions/_live.html", context))


def row_context(deletion: Deletion) -> dict[str, object]:
    """Its row in the history, which asks for itself while something of it is under way."""
    return {"deletion": deletion, "polling": polling(deletion, now=clock.now()), "seen": SEEN}


def render_live(request: SignedInRequest, deletion: Deletion) -> HttpResponse:
    """The part of a deletion's page that changes."""
    return unless_seen(request, _with_rail(request, "deletions/_live.html", _live_context(_again(deletion), Place())))


def render_page(request: SignedInRequest, deletion: Deletion, *, status: int, **context: object) -> HttpResponse:
    """The whole page, as an answer to what was not accepted."""
    context = {**_live_context(_again(deletion), Place()), **context}
    return render(request, "deletions/deletion_detail.html", context, status=status)


def _again(deletion: Deletion) -> Deletion:
    return Deletion.objects.with_circumstances().get(pk=deletion.pk)


def _with_rail(request: SignedInRequest, template: str, context: dict[str, object]) -> str:
    """Includes the number in the rail, which changes when this deletion ends."""
    beside = {"in_flight": strip.in_flight(request.user), "oob": True}
    content = render_to_string(template, context, request)
    numbers = ("components/_in_flight.html", "components/_to_approve.html")
    return content + "".join(render_to_string(number, beside, request) for number in numbers)


def _live_context(deletion: Deletion, place: Place) -> dict[str, object]:
    calls = ProviderCall.objects.left().filter(deletion=deletion.uuid)
    now = clock.now()
    progress = progress_of(deletion, now=now, pace=paces([deletion], now=now).get(deletion.pk, ""))
    waits = deletion.state == State.AWAITING_APPROVAL
    return {
        **items_context(deletion, place),
        **(set_context(deletion) if waits else {}),
        "deletion": deletion,
        "approval": decisions.sentence(deletion),
        "approvers": needs.approvers_besides(deletion.actor) if waits else [],
        "progress": progress,
        "evidence": evidence_of(deletion, now=now),
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
