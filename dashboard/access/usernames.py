"""Which names a new person may have: visible ones that nobody has, or had."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from dashboard.audit.commitments import PSEUDONYM
from dashboard.audit.models import AuditEvent
from dashboard.pages import foreign

TAKEN = "The audit log tells what somebody of this name did. Choose another."
UNSEEN_IN_NAME = "This name holds a character that nobody can see. Use letters, digits and @/./+/-/_."


def check(name: str) -> None:
    if foreign.UNSEEN.search(name):
        raise ValidationError(UNSEEN_IN_NAME)
    if PSEUDONYM.fullmatch(name) or AuditEvent.objects.filter(actor=name).exists():
        raise ValidationError(TAKEN)
