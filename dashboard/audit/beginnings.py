"""A log that has taken another's place: it begins anew where another one was seen.

Somebody with the database alone can bring that about, and it may be right: an empty database was wanted. So a person
says which it is, and the log tells that they did.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from django.db import transaction

from dashboard.audit import chain, heads
from dashboard.audit.heads import Seen
from dashboard.audit.models import AuditEvent

ACCEPTED = "log.accepted"
"""Its subject is the hash of the first entry of another log."""


def wrong() -> list[str]:
    """A sentence for each that nobody has accepted."""
    return [
        f"Another log was seen in this database: its entry {one.sequence:,} of {clock(one.at)} had the hash {one.hash}."
        for one in _others().values()
    ]


def accept() -> list[str]:
    """What was accepted, as `wrong` told it. The log tells it from now on."""
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
    """The highest head of each, by the hash of its first entry."""
    # What was left first: this log may begin just now.
    left, own = list(heads.here().values()), heads.beginning()
    others: dict[str, Seen] = {}
    for first, head in left:
        if head and first != own and (first not in others or others[first].sequence < head.sequence):
            others[first] = head
    accepted = _accepted(list(others))
    return {first: head for first, head in others.items() if accepted.get(first, 0) < head.sequence}


def _accepted(subjects: list[str]) -> dict[str, int]:
    """How far, by subject. On another machine more may have been seen of the same log."""
    events = AuditEvent.objects.filter(action=ACCEPTED, subject__in=subjects).order_by("sequence")
    return {event.subject: event.detail["sequence"] for event in events if chain.is_ours(event)}
