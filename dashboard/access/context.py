from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    """Variables of every page: whether this is a sandbox, or read-only, and the host that deletes are sent to."""
    return {
        "sandbox": settings.SANDBOX,
        "read_only": settings.READ_ONLY,
        "api_host": urlsplit(settings.TENSORSLAB_API_URL).netloc,
    }
