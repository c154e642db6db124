"""A fragment that a page asks for again and again: sent only when it differs from the one that the page has."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse

SEEN = "0000seen0000seen"
"""Stands in a rendering for the rendering's own digest."""


def marked(content: str) -> tuple[str, str]:
    """The rendering with its digest in place, and the digest."""
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return content.replace(SEEN, digest), digest


def unless_seen(request: HttpRequest, content: str) -> HttpResponse:
    """204 when the page has just this rendering, so that an unchanged page is left alone."""
    shown, digest = marked(content)
    if request.method != "POST" and request.GET.get("seen") == digest:
        return HttpResponse(status=204)
    return HttpResponse(shown)
