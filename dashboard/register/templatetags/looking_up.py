from __future__ import annotations

from typing import Any

from django import template

from dashboard.calls import clock
from dashboard.register.refreshing import requests

register = template.Library()


@register.inclusion_tag("register/_looking_up.html", takes_context=True)
def looking_up(context: dict[str, Any], oob: bool = False) -> dict[str, object]:
    """What this browser asked for last, while it is worth telling. One that asked for nothing costs no query."""
    asked = context["request"].session.get(requests.SESSION)
    return {"row": requests.told(asked, now=clock.now()) if asked else None, "oob": oob}
