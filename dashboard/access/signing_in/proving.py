"""A second factor is shown: counted before it is checked, and told to the log."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from dashboard.access import throttle
from dashboard.access.requests import client_address
from dashboard.access.signing_in import factors, passkeys
from dashboard.audit import chain
from dashboard.pages.downloads import TooMany

WRONG_CODE = "This code is not right, or was used before. Wait for the next one."
WRONG_PASSKEY = "This passkey was not accepted. Try again, or use a code."
NOTHING = "Type a code, or use a passkey."


def refusal(request: HttpRequest, person: User) -> str:
    """Why what was posted is no second factor of this person; empty when it is one, which the session then notes."""
    code, answer = request.POST.get("code", "").strip(), request.POST.get("credential", "")
    if not code and not answer:
        return NOTHING
    name, address = person.get_username(), client_address(request)
    attempt = throttle.reserve(username=name, address=address, second=True)
    if attempt is None:
        raise TooMany(throttle.TOO_MANY)
    row = passkeys.proven(answer, person) if answer else factors.matching(person, code[:64])
    if row is None:
        with transaction.atomic():
            chain.append(actor="", address=address, action="user.second_factor_failed", subject=name)
        return WRONG_PASSKEY if answer else WRONG_CODE
    throttle.succeeded(attempt)
    note(request, person, row)
    return ""


def note(request: HttpRequest, person: User, row: Authenticator) -> None:
    row.record_usage()
    record_authentication(request, person, method="mfa", type=row.type)
