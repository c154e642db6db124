"""A fragment that a page polls: it is sent only if it differs from the page's copy."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse

SEEN = "0000seen0000seen"
"""Placeholder in a rendering for the rendering's own digest."""


def marked(content: str) -> tuple[str, str]:
    """The rendering with its digest in place, and the digest."""
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return content.replace(SEEN, digest), digest


def unless_seen(request: HttpRequest, content: str) -> HttpResponse:
    """Answers 204 if the page has the same rendering already."""
    shown, digest = marked(content)
    if request.method != "POST" and request.GET.get("seen") == digest:
        return HttpResponse(status=204)
    return HttpResponse(shown)
