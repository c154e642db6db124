from __future__ import annotations

from typing import Any

from django import template

from dashboard.calls import clock
from dashboard.deletions.drafts.losses import Standing, standing_of
from dashboard.deletions.history import strip
from dashboard.register.models import Selection
from dashboard.register.selecting import Summary

register = template.Library()


@register.inclusion_tag("deletions/_strip.html", takes_context=True)
def deletion_strip(context: dict[str, Any]) -> dict[str, Any]:
    """The current person's strip. The page shows its own rows, so the strip brings no cells for them."""
    request, now = context["request"], clock.now()
    return {
        **strip.context(user=request.user, shown="", opened=now, now=now),
        "request": request,
        "perms": context["perms"],
    }


@register.simple_tag(takes_context=True)
def standing(context: dict[str, Any], selection: Selection | None, said: Summary | None) -> Standing | None:
    """What is left of a selection, and who took the rest."""
    return standing_of(selection, said, user=context["request"].user) if selection and said else None


@register.simple_tag(takes_context=True)
def deletions_in_flight(context: dict[str, Any]) -> strip.InFlight:
    return strip.in_flight(context["request"].user)
