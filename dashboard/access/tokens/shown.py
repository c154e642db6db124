"""Finds the token that a call shows, and says why it is not accepted."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from dashboard.access.models import Token
from dashboard.access.tokens import making
from dashboard.pages.moments import for_record

MISSING = (
    "Send the header “Authorization: Bearer <token>”. Tokens are made on the page My account. Cookies do not count."
)
IN_ADDRESS = (
    "There is a token in the address, where logs and histories keep it. Revoke it on the page My account, make "
    "another, and send that in the header Authorization."
)
UNKNOWN = "There is no such token here. It was cut short, was forgotten long after its end, or belongs elsewhere."
REVOKED = "This token was revoked at {}. Make another on the page My account."
EXPIRED = "This token expired at {}. Make another on the page My account."
CLOSED = "The account of this token is closed. An administrator can open it again."
NAMES = {"token", "access_token"}
"""Under which other services take one in an address."""


class NotAccepted(Exception):
    """`kind` is that of the problem; the text is for who reads the program's log."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


def found(request: HttpRequest, *, now: datetime) -> Token:
    if any(name in NAMES or making.PREFIX in "".join(values) for name, values in request.GET.lists()):
        raise NotAccepted("token-in-address", IN_ADDRESS)
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise NotAccepted("token-missing", MISSING)
    token = Token.objects.select_related("user__profile").filter(digest=making.digest(text.strip())).first()
    if token is None:
        raise NotAccepted("token-unknown", UNKNOWN)
    if token.revoked_at is not None:
        raise NotAccepted("token-revoked", REVOKED.format(for_record(token.revoked_at)))
    if token.expires_at <= now:
        raise NotAccepted("token-expired", EXPIRED.format(for_record(token.expires_at)))
    if not token.user.is_active:
        raise NotAccepted("account-closed", CLOSED)
    return token
