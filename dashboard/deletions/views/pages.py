from __future__ import annotations

import hashlib
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from dashboard.access.requests import HtmxRequest, SignedInRequest, client_address
from dashboard.calls import clock
from dashboard.calls.models import ProviderCall
from dashboard.deletions import history, manifest, requests, strip
from dashboard.deletions.models import Deletion, Outcome, State
from dashboard.deletions.progress import progress_of
from dashboard.inventory.selecting import BadSelection

CALLS_SHOWN = 50


def by(request: SignedInRequest) -> requests.By:
    return requests.By(user=request.user, address=client_address(request))


def refused(request: HtmxRequest, sentence: str, *, status: int, back: Deletion | None = None) -> HttpResponse:
    """One sentence: in place for htmx, else a page of its own with the way back."""
    if request.htmx:
        response = render(request, "_error.html", {"sentence": sentence}, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#notice", "innerHTML"
        return response
    context = {"sentence": sentence, "deletion": back}
    return render(request, "deletions/refused.html", context, status=status)


def draft_context(
    deletion: Deletion, *, errors: dict[str, str] | None = None, reason: str | None = None, typed: str = ""
) -> dict[str, object]:
    errors = errors or {}
    return {
        "deletion": deletion,
        "facts": manifest.facts(deletion, now=clock.now()),
        "errors": {name: text for name, text in errors.items() if name},
        "error": errors.get("", ""),
        "typed_needed": requests.is_typed_needed(deletion),
        "reason": deletion.reason if reason is None else reason,
        "typed": typed,
        "grace": settings.DELETION_GRACE_SECONDS,
        "fingerprint_short": f"{deletion.fingerprint[:4]}·{deletion.fingerprint[4:8]}",
    }


@require_GET
def deletion_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion.objects.with_rest().select_related("retry_of"), uuid=uuid)
    outcome, number = request.GET.get("outcome", ""), request.GET.get("page", "1")
    if outcome and outcome not in Outcome.values:
        return refused(request, f"Outcome: “{outcome[:60]}” is not one of {', '.join(Outcome.values)}.", status=400)
    pages = history.items_pages(deletion, outcome=outcome)
    if not number.isascii() or not number.isdigit() or not int(number[:12]) >= 1:
        return refused(request, f"“{number[:60]}” is not a page of these items.", status=400)
    number_shown = min(int(number[:12]), pages)
    if deletion.state == State.DRAFT:
        return render(
            request,
            "deletions/deletion_detail.html",
            {**draft_context(deletion), **_items(deletion, outcome, number_shown)},
        )
    requests.note_opened(deletion=deletion, user=request.user, now=clock.now())
    context = _live_context(deletion, outcome=outcome, number=number_shown)
    if request.GET.get("part") != "live":
        return render(request, "deletions/deletion_detail.html", context)
    return _unless_seen(request, render_to_string("deletions/_live.html", context, request))


def render_live(request: SignedInRequest, deletion: Deletion) -> HttpResponse:
    """What changes on a deletion's page, as it is now."""
    deletion = Deletion.objects.with_rest().get(pk=deletion.pk)
    content = render_to_string("deletions/_live.html", _live_context(deletion, outcome="", number=1), request)
    return _unless_seen(request, content)


def _items(deletion: Deletion, outcome: str, number: int) -> dict[str, object]:
    return {
        "items": history.items_page(deletion, outcome=outcome, number=number),
        "outcome": outcome,
        "outcomes": [
            {"outcome": o.value, "label": o.label, "count": getattr(deletion, o.value)}
            for o in history.ORDER
            if getattr(deletion, o.value)
        ],
        "page": number,
        "pages": history.items_pages(deletion, outcome=outcome),
    }


def _live_context(deletion: Deletion, *, outcome: str, number: int) -> dict[str, object]:
    calls = ProviderCall.objects.left().filter(deletion=deletion.uuid)
    progress = progress_of(deletion, now=clock.now())
    return {
        **_items(deletion, outcome, number),
        "deletion": deletion,
        "progress": progress,
        "polling": progress.polling,
        "seen": strip.SEEN,
        "calls": list(calls[:CALLS_SHOWN]),
        "calls_number": calls.count(),
        "retries": list(deletion.retries.exclude(state__in=[State.DRAFT, State.DISCARDED])),
        "concurrency": settings.TENSORSLAB_CONCURRENCY,
        "batch_size": settings.TENSORSLAB_BATCH_SIZE,
        "verify": settings.DELETION_VERIFY,
        "fingerprint_short": f"{deletion.fingerprint[:4]}·{deletion.fingerprint[4:8]}",
    }


@require_GET
def deletion_strip(request: SignedInRequest) -> HttpResponse:
    try:
        return render_strip(request, shown=request.GET.get("shown", ""))
    except BadSelection as bad:
        return refused(request, str(bad), status=422)


def render_strip(request: SignedInRequest, *, shown: str, watching: bool = True) -> HttpResponse:
    """The strip, and out of band the presence cells of the rows that the page shows."""
    try:
        context = strip.context(user=request.user, shown=shown, now=clock.now(), watching=watching)
    except BadSelection:
        if request.method == "GET":
            raise
        # What was asked for is done by now; only the page's own cells can't be told.
        context = strip.context(user=request.user, shown="", now=clock.now(), watching=watching)
    content = render_to_string("deletions/_strip.html", context, request)
    return _unless_seen(request, content)


def _unless_seen(request: HttpRequest, content: str) -> HttpResponse:
    """204 when the page has just this rendering, so that an unchanged page is left alone."""
    seen = hashlib.sha256(content.encode()).hexdigest()[:16]
    if request.method == "GET" and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return HttpResponse(content.replace(strip.SEEN, seen))
