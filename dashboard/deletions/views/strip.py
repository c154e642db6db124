"""The strip above the table: one person's deletions in flight."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions.history import strip
from dashboard.pages.refusals import refused
from dashboard.pages.seen import unless_seen
from dashboard.register.selecting import BadSelection


@require_safe
def deletion_strip(request: SignedInRequest) -> HttpResponse:
    try:
        return render_strip(request, shown=request.GET.get("shown", ""))
    except BadSelection as bad:
        return refused(request, str(bad), status=422)


def render_strip(request: SignedInRequest, *, shown: str, anew: bool = False) -> HttpResponse:
    """The strip, and out of band the presence cells of the rows that the page shows. `anew`: for a page just opened."""
    asked = request.POST if request.method == "POST" else request.GET
    now = clock.now()
    opened = now if anew else strip.opened_at(asked.get("opened", ""))
    try:
        context = strip.context(user=request.user, shown=shown, opened=opened, now=now)
    except BadSelection:
        if request.method != "POST":
            raise
        # The request itself was carried out; only the page's own cells can't be updated.
        context = strip.context(user=request.user, shown="", opened=opened, now=now)
    content = render_to_string("deletions/_strip.html", context, request)
    return unless_seen(request, content)
