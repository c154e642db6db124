from __future__ import annotations

from typing import Any

from django import template

from dashboard.access.signing_in import requirement
from dashboard.register.saved_views import rail

register = template.Library()


@register.inclusion_tag("register/saved_views/_rail.html", takes_context=True)
def views_in_rail(context: dict[str, Any]) -> dict[str, Any]:
    """The views that the current person has beside the pages, as far as that is known."""
    request = context["request"]
    # Who lacks a second factor that their role needs would only be refused.
    links = [] if requirement.missing(request.user) else rail.seen(request.user)
    asks = links is None or bool(links)
    return {"links": links or [], "asks": asks, "open": request.GET.get("saved", ""), "request": request}
