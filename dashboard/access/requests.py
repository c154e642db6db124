"""What the pages know about a request."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


class SignedInRequest(HtmxRequest):
    user: User


def client_address(request: HttpRequest) -> str:
    """Where the request came from, for the audit log; empty over a socket file.

    With HTTPS on, a proxy of ours stands in front and appends the address it saw; what stands before that is hearsay.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.HTTPS and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR", "")):
        seen = forwarded.rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(seen.strip()))
    except ValueError:
        return ""
