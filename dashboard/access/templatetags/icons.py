from __future__ import annotations

from functools import cache

import heroicons
from django import template
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache
def icon(name: str, size: int = 16) -> SafeString:
    """A micro icon. It is cached by name and size, because the package parses its XML at each call."""
    return SafeString(heroicons._render_icon("micro", name, size, {}))  # nosec B703 # the package's own drawing, of a name from a template
