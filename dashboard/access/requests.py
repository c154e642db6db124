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
    """Where the request came from, for the audit log and for limits; empty over a socket file.

    A proxy appends the address that it saw to `X-Forwarded-For`. It is believed while it is one of `TRUSTED_PROXIES`;
    what stands before the first other address is hearsay.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while _is_proxy(seen) and (before := forwarded.pop().strip() if forwarded else ""):
        seen = before
    return str(address) if (address := _parsed(seen)) else ""


def _is_proxy(seen: str) -> bool:
    address = _parsed(seen)
    return address is not None and any(address in network for network in settings.TRUSTED_PROXIES)


def _parsed(seen: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(seen.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
