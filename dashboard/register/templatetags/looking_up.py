from __future__ import annotations

from typing import Any

from django import template

from dashboard.calls import clock
from dashboard.register.refreshing import requests

register = template.Library()


@register.inclusion_tag("register/_looking_up.html", takes_context=True)
def looking_up(context: dict[str, Any], oob: bool = False) -> dict[str, object]:
    """What this browser asked for last, while it is worth telling. One that asked for nothing costs no query."""
    session = context["request"].session
    return {"row": requests.told(session.get(requests.SESSION), now=clock.now()), "oob": oob}
