"""Which addresses may be connected to: public ones, and the sandbox's own media host. Nothing is sent anywhere else."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from dashboard.media.models import Reason

USUAL = {"http": 80, "https": 443}
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
UNQUOTED = "/%:@!$&'()*+,;=-._~?"

Resolve = Callable[[str, int], list[str]]
"""The addresses of a host, as text."""


class Unfit(Exception):
    """It is not fetched."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a file is: an http or https address, taken apart."""

    scheme: str
    host: str
    """In ASCII and small letters."""
    port: int
    target: str
    """Path and query, as they are asked for."""

    @property
    def name(self) -> str:
        """The host as people allow it: with its port where that is unusual."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL[self.scheme] else f"{host}:{self.port}"


def place(url: str) -> Place:
    """Raises `Unfit` for what is no address of the web, or carries a name and password."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
        host = host if ":" in host else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise Unfit(Reason.NOT_PUBLIC) from None
    if parts.scheme not in USUAL or not host or "%" in host or parts.username or parts.password or port == 0:
        raise Unfit(Reason.NOT_PUBLIC)
    query = f"?{parts.query}" if parts.query else ""
    target = quote((parts.path or "/") + query, safe=UNQUOTED)
    return Place(scheme=parts.scheme, host=host.lower(), port=port or USUAL[parts.scheme], target=target)


def resolved(host: str, port: int) -> list[str]:
    """As the system's resolver has it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def pinned(where: Place, *, own: str, resolve: Resolve) -> list[str]:
    """The addresses to connect to, checked: nobody asks again afterwards. Raises `Unfit`, or OSError without any.

    `own` is the sandbox's media host, the only one that may be on this machine. Where one answer of several is not
    public, none is used: an honest host has no such name.
    """
    try:
        addresses = resolve(where.host, where.port)
    except UnicodeError:
        raise Unfit(Reason.NOT_PUBLIC) from None
    if not addresses:
        raise OSError(f"{where.host} has no address.")
    if where.name != own and not all(is_public(address) for address in addresses):
        raise Unfit(Reason.NOT_PUBLIC)
    return addresses


def is_public(text: str) -> bool:
    """Whether anybody could reach it: not private, loopback, link-local, multicast or reserved, nor such in a wrap."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    inner = _wrapped(address)
    if inner is not None:
        return is_public(str(inner))
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    local = address.is_loopback or address.is_private or getattr(address, "is_site_local", False)
    return address.is_global and not special and not local


def _wrapped(address: IPAddress) -> IPAddress | None:
    """The IPv4 address that a gateway would send it on to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.teredo:
        return address.teredo[1]
    if address in NAT64 or (address.packed[:12] == bytes(12) and int(address) > 1):
        return ipaddress.IPv4Address(address.packed[12:])
    return address.ipv4_mapped or address.sixtofour
