"""Whether history is what the audit log says it was: deletions and calls are compared with their entries.

Entries can't be written by who has the database alone (`audit/keys.py`), rows can. Memory is some bytes a call, and of
one deletion what changed after its end, however long the history.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import User

from dashboard.audit.models import AuditEvent
from dashboard.operations.reconciling import calls, deletions


def differences() -> Iterator[str]:
    """A sentence for each thing that the rows say and the log does not, or the other way round."""
    if User.objects.exists() and not AuditEvent.objects.exists():
        yield "The audit log is empty, though there are people."
    yield from calls.differences()
    yield from deletions.differences()
    yield from deletions.missing()
