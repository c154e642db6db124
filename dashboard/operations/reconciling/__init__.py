"""Compares history with the audit log: deletions and calls with their entries.

An attacker who has only the database can change rows, but can't write entries (`audit/keys.py`). Memory is some bytes
per call, and the changes of one deletion after its end, for a history of any length.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import User

from dashboard.audit.models import AuditEvent
from dashboard.operations.reconciling import calls, deletions


def differences() -> Iterator[str]:
    """One sentence for each difference between rows and log."""
    if User.objects.exists() and not AuditEvent.objects.exists():
        yield "The audit log is empty, though there are people."
    yield from calls.differences()
    yield from deletions.differences()
    yield from deletions.missing()
