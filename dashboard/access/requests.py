from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_htmx.middleware import HtmxDetails

    from dashboard.access.models import Token


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


class SignedInRequest(HtmxRequest):
    user: User


class Call(HttpRequest):
    """Of a program. `tokens/middleware.py` found out whose it is."""

    call_id: str
    """Its number."""
    token: Token
    user: User


def client_address(request: HttpRequest) -> str:
    """The client's address, for the audit log and for limits; empty when the request came over a socket file.

    A proxy appends the address that it saw to `X-Forwarded-For`. That address is trusted if the proxy is one of
    `TRUSTED_PROXIES`; addresses before the first untrusted one are ignored.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while is_proxy(seen) and (before := forwarded.pop().strip() if forwarded else ""):
        seen = before
    return str(address) if (address := _parsed(seen)) else ""


def is_proxy(seen: str) -> bool:
    address = _parsed(seen)
    return address is not None and any(address in network for network in settings.TRUSTED_PROXIES)


def _parsed(seen: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(seen.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
