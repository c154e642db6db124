"""Refusals for programs: a problem as RFC 9457 has it, instead of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.http import HttpRequest, JsonResponse

CALLS = "/api/"
MEDIA_TYPE = "application/problem+json"
TITLES = {
    "bad-request": "The request can't be read",
    "bad-filter": "There is no such filter, or it can't have this value",
    "token-missing": "A token is missing",
    "token-in-address": "A token must not stand in an address",
    "token-unknown": "The token is unknown",
    "token-expired": "The token has expired",
    "token-revoked": "The token was revoked",
    "account-closed": "The account is closed",
    "not-allowed": "This is not allowed",
    "scope-missing": "The token lacks a scope",
    "browser-needed": "This is confirmed in the browser",
    "not-found": "There is nothing here",
    "wrong-method": "The address does not take this method",
    "wrong-state": "Its state does not allow this",
    "changed": "It has changed",
    "in-flight": "The same request is being answered",
    "too-large": "The request is too large",
    "wrong-type": "The body has another type",
    "invalid": "Something in the request can't be used",
    "key-reused": "The key belongs to another request",
    "too-many": "Too many calls",
    "failed": "The dashboard failed",
}
"""By the last part of a problem's `type`. The page `/api/` lists them."""
USUAL = {
    400: "bad-request",
    401: "token-missing",
    403: "not-allowed",
    404: "not-found",
    405: "wrong-method",
    409: "wrong-state",
    413: "too-large",
    415: "wrong-type",
    422: "invalid",
    429: "too-many",
    500: "failed",
}


def is_call(request: HttpRequest) -> bool:
    """Whether a program asks: everything below `/api/`. The page at `/api/` itself is for people."""
    return request.path.startswith(CALLS) and request.path != CALLS


def problem(
    request: HttpRequest,
    detail: str,
    *,
    status: int,
    kind: str = "",
    errors: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    """`errors` has, for each value at fault, its `detail` and its place: a JSON `pointer`, a `parameter` or a
    `header`."""
    kind = kind or USUAL.get(status, "bad-request")
    told: dict[str, object] = {"type": f"{CALLS}#{kind}", "title": TITLES[kind], "status": status, "detail": detail}
    if listed := [dict(error) for error in errors]:
        told["errors"] = listed
    if number := getattr(request, "call_id", ""):
        told["request_id"] = number
    return JsonResponse(told, status=status, headers=dict(headers or {}), content_type=MEDIA_TYPE)
