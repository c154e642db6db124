"""Whether a person has just shown that it is them: what can't be undone asks for it again."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse

from dashboard.access.signing_in import accounts

FOR = 300
"""Seconds."""
SHOWN_BY = {"password", "link", "mfa", "openid"}
"""A proxy's word is not among them: it says who opened the browser, perhaps this morning. An issuer's word counts from
when it says that it asked."""


def is_fresh(request: HttpRequest) -> bool:
    """Whether this person has given a password or a second factor within the last five minutes."""
    since = time.time() - FOR
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return any(record["method"] in SHOWN_BY and record["at"] > since for record in records)


def means(person: User) -> set[str]:
    """With what a person can show it; empty for somebody who is only known by a proxy's word."""
    found = {"password"} if person.has_usable_password() else set()
    types = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    found |= {"code"} if types & {"totp", "recovery_codes"} else set()
    found |= {"passkey"} if "webauthn" in types else set()
    return found | ({"openid"} if settings.OIDC_ISSUER and accounts.of(person) else set())


def address(onward: str) -> str:
    """The page that asks for it, and leads on to `onward`."""
    return f"{reverse('account-confirm')}?{urlencode({'next': onward})}"
