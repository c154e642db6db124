"""People with second factors, and how they show them."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import User
from django.http import HttpResponse

from dashboard.access.signing_in import factors
from dashboard.audit.models import AuditEvent
from tests.conftest import Person

PASSWORD = "correct horse battery"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def code(secret: str = SECRET, *, steps: int = 0) -> str:
    """What an app shows now, or so many half minutes later."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


def give_app(person: User) -> list[str]:
    """Returns the recovery codes."""
    return factors.add_app(by=factors.By(person=person, address=""), secret=SECRET, counter=1)


def sign_in(name: str = "olga", *, client: Person | None = None, onward: str = "") -> Person:
    person = client or Person()
    response = person.post("/login/", {"username": name, "password": PASSWORD, "next": onward})
    assert response.status_code == 302, response.content
    person.user = User.objects.get(username=name)
    return person


def is_signed_in(person: Person) -> bool:
    return person.get("/account/").status_code == 200


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


def last() -> tuple[str, str, str, dict[str, Any]]:
    event = AuditEvent.objects.order_by("sequence").last()
    assert event is not None
    return event.action, event.actor, event.subject, event.detail


def said(response: HttpResponse) -> str:
    """The sentence of its alert."""
    found = re.search(r'role="alert">(.*?)</', response.content.decode(), re.DOTALL)
    return " ".join(found[1].split()).replace("&#x27;", "'") if found else ""
