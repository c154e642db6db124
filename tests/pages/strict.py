"""What stands in the headers of every answer."""

from __future__ import annotations

from collections.abc import Mapping

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"}


def lacking(headers: Mapping[str, str], *, kept: bool = False) -> set[str]:
    """Headers that are absent or lax. Only what may be `kept` by browsers goes without `no-store`."""
    policy = headers.get("Content-Security-Policy", "")
    return (
        {name for name, value in ALWAYS.items() if headers.get(name) != value}
        | ({"Content-Security-Policy"} if "unsafe" in policy or not set(policy.split("; ")) >= POLICY else set())
        | ({"Cache-Control"} if ("no-store" in headers.get("Cache-Control", "")) is kept else set())
    )
