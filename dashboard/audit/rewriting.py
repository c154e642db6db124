"""Writes entries again from which something was erased; the chain covers what it has commitments of, and no values."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection

from dashboard.audit import chain, commitments
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import append_only, locks, sql


def save(event: AuditEvent) -> None:
    """Inside `append_only.lifted`."""
    fields = {"actor": event.actor, "address": event.address, "subject": event.subject}
    fields |= {"detail": json.dumps(event.detail), "salts": json.dumps(event.salts)}
    sql.update("audit_auditevent", fields, "sequence = %s", event.sequence)


def erase_reasons(subjects: Sequence[str]) -> int:
    """Erases what people gave as a reason in entries of these subjects, and tells the log of it. How many entries.

    In the caller's transaction, as its last statements: like appending it locks the head.
    """
    locks.wait_briefly()
    # Appending locks the head before the table of entries, so this does too.
    list(AuditHead.objects.select_for_update().filter(pk=chain.HEAD))
    # Calls have no actor: there may be thousands of one deletion.
    told = AuditEvent.objects.filter(subject__in=subjects).exclude(actor="").order_by("sequence")
    events = [event for event in told if commitments.REASON in event.salts]
    if not events:
        return 0
    with append_only.lifted(connection):
        for event in events:
            commitments.erase_reason(event)
            save(event)
    chain.append(actor="", action=chain.WORDLESS, detail={"entries": [event.sequence for event in events]})
    return len(events)
