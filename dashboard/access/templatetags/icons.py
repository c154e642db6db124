from __future__ import annotations

from functools import cache

import heroicons
from django import template
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache
def icon(name: str, size: int = 16, style: str = "micro") -> SafeString:
    """A micro icon, or one of another style, drawn once for each size: the package parses its XML anew every time."""
    return SafeString(heroicons._render_icon(style, name, size, {}))  # nosec B703 # the package's own drawing, of a name from a template
