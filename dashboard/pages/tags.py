"""Tags and filters that every template can use without loading them."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from dashboard.pages import foreign, moments

register = template.Library()
register.filter("foreign", foreign.shown)
register.filter("foreign_words", foreign.plain)
register.simple_tag(moments.zone_name)
register.simple_tag(moments.days)


@register.filter
def moment(value: datetime | None, form: str = "minute") -> SafeString | str:
    return moments.shown(value, form) if value else ""


@register.filter
def moment_words(value: datetime, form: str = "minute") -> str:
    return moments.in_words(value, form)


@register.filter
def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
