from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

STEPS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


@register.filter
def age(moment: datetime | None) -> str:
    """“110 days ago”: days are the largest unit, so that ages are easy to compare."""
    if moment is None:
        return "unknown"
    seconds = (timezone.now() - moment).total_seconds()
    for size, unit in STEPS:
        if (number := int(abs(seconds) // size)) > 0:
            words = f"{number:,} {unit}{'' if number == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


@register.filter
def moving_age(moment: datetime) -> SafeString:
    """An age that is updated while the page is open (`ages.js`)."""
    return format_html('<time datetime="{}" data-age>{}</time>', moment.isoformat(), age(moment))


@register.filter
def timetaken(begin: datetime | None, end: datetime | None) -> str:
    """“212 ms”, always in the same unit, so that a slow call is easy to see."""
    if begin is None or end is None:
        return ""
    return f"{(end - begin).total_seconds() * 1000:,.0f} ms"
