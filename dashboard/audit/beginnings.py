"""Finds out that this log has replaced another log: other first entries were seen in the same database.

It may be an attack, or right, when an empty database was wanted. A person decides with `accept`, which the log records.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from django.db import transaction

from dashboard.audit import chain, heads
from dashboard.audit.heads import Seen
from dashboard.audit.models import AuditEvent

ACCEPTED = "log.accepted"
"""The entry's subject is the hash of the other log's first entry."""


def wrong() -> list[str]:
    """One sentence for each other log that was not accepted yet."""
    return [
        f"Another log was seen in this database: its entry {one.sequence:,} of {clock(one.at)} had the hash {one.hash}."
        for one in _others().values()
    ]


def accept() -> list[str]:
    """Accepts the other logs, writes that to this log, and returns the sentences of `wrong`."""
    told, others = wrong(), _others()
    with transaction.atomic():
        for first, head in others.items():
            detail = {"sequence": head.sequence, "hash": head.hash, "seen_at": head.at.isoformat()}
            chain.append(actor="", action=ACCEPTED, subject=first, detail=detail)
    for file, (first, _) in heads.here().items():
        if first in others:
            with suppress(OSError):
                file.unlink()
    return told


def clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _others() -> dict[str, Seen]:
    """The highest head of each other log that was not accepted yet, by the hash of its first entry."""
    # The files are read first: this log may begin between the two reads.
    left, own = list(heads.here().values()), heads.beginning()
    others: dict[str, Seen] = {}
    for first, head in left:
        if head and first != own and (first not in others or others[first].sequence < head.sequence):
            others[first] = head
    accepted = _accepted(list(others))
    return {first: head for first, head in others.items() if accepted.get(first, 0) < head.sequence}


def _accepted(subjects: list[str]) -> dict[str, int]:
    """The highest accepted sequence of each log. Another machine may have seen later entries of the same log."""
    events = AuditEvent.objects.filter(action=ACCEPTED, subject__in=subjects).order_by("sequence")
    return {event.subject: event.detail["sequence"] for event in events if chain.is_ours(event)}
