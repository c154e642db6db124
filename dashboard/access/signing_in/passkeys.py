"""Passkeys: what a browser is asked, and whether its answer holds. Challenges are in the session, and used once."""

from __future__ import annotations

import ipaddress
import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from fido2.utils import websafe_encode
from fido2.webauthn import RegistrationResponse

BROKEN = (ValidationError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What reading an answer raises that no browser gives."""


def are_possible(request: HttpRequest) -> bool:
    """Browsers make passkeys for names only, and `127.0.0.1` is none."""
    with suppress(ValueError):
        return not ipaddress.ip_address(urlsplit(f"//{request.get_host()}").hostname or "")
    return True


def creation_options(person: User) -> dict[str, Any]:
    # All of them can sign in alone: the browser asks for a finger or a PIN, which makes two factors of one key.
    return auth.begin_registration(person, passwordless=True)


def request_options(person: User | None) -> dict[str, Any]:
    return auth.begin_authentication(person)


def created(answer: str) -> dict[str, Any] | None:
    """The new passkey, or None if the answer does not hold."""
    try:
        credential = json.loads(answer)
        said = auth.parse_registration_response(credential)
        return _stored(said) if auth.complete_registration(credential).is_user_verified() else None
    except BROKEN:
        return None
    finally:
        auth.clear_state()


def _stored(said: RegistrationResponse) -> dict[str, Any]:
    """What was read, and nothing else of what was sent."""
    key = websafe_encode(said.raw_id)
    response = {
        "clientDataJSON": websafe_encode(said.response.client_data),
        "attestationObject": websafe_encode(said.response.attestation_object),
    }
    return {"id": key, "rawId": key, "type": "public-key", "response": response, "clientExtensionResults": {}}


def proven(answer: str, person: User | None = None) -> Authenticator | None:
    """The passkey with which this answer was made; without a `person`, of somebody whom the answer names."""
    try:
        credential = json.loads(answer)
        said = auth.parse_authentication_response(credential).response.authenticator_data
        owner = person or auth.extract_user_from_response(credential)
        row = auth.complete_authentication(owner, credential)
        return row if (person or said.is_user_verified()) and _counts_on(row, said.counter) else None
    except BROKEN:
        return None
    finally:
        auth.clear_state()


def _counts_on(row: Authenticator, count: int) -> bool:
    """A key that counts its uses and falls behind was copied."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=row.pk)
        before = row.data["count"] if "count" in row.data else row.wrap().authenticator_data.counter
        if (count or before) and count <= before:
            return False
        row.data["count"] = count
        row.save(update_fields=["data"])
    return True
