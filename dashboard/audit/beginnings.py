"""A log that has taken another's place: it begins anew where another one was seen, or what has no key is sealed anew.

Both are what somebody with the database alone can do, and both may be right: an empty database was wanted, or a copy of
an older version was restored. So a person says which it is, and the log tells that they did.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from django.db import transaction

from dashboard.audit import chain, heads
from dashboard.audit.heads import Seen
from dashboard.audit.models import AuditEvent

ACCEPTED = "log.accepted"
"""Its subject is the hash of the first entry of another log, or of the entry that sealed anew."""


def seal() -> None:
    """Entries were hashed without a key until now; everything up to here counts as it stands, and nothing after."""
    if not chain.last_is_ours(using="default"):
        chain.append(actor="", action=chain.SEALED, detail={"again": True} if heads.here() else {})


def sealed() -> AuditEvent | None:
    """The entry that covers those before it, which have no key."""
    return AuditEvent.objects.filter(action=chain.SEALED).order_by("sequence").first()


def wrong() -> list[str]:
    """A sentence for each that nobody has accepted."""
    found = [
        f"Another log was seen in this database: its entry {one.sequence:,} of {clock(one.at)} had the hash {one.hash}."
        for one in _others().values()
    ]
    found += [
        f"Entry {event.sequence} seals, on {clock(event.at)}, entries without a key, though this log had one before."
        for event in _sealed_again()
    ]
    return found


def accept() -> list[str]:
    """What was accepted, as `wrong` told it. The log tells it from now on."""
    told, others = wrong(), _others()
    with transaction.atomic():
        for first, head in others.items():
            detail = {"sequence": head.sequence, "hash": head.hash, "seen_at": head.at.isoformat()}
            chain.append(actor="", action=ACCEPTED, subject=first, detail=detail)
        for event in _sealed_again():
            chain.append(actor="", action=ACCEPTED, subject=event.hash, detail={"sequence": event.sequence})
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


def _sealed_again() -> list[AuditEvent]:
    seals = filter(chain.is_ours, AuditEvent.objects.filter(action=chain.SEALED))
    again = [event for event in seals if "again" in event.detail]
    accepted = _accepted([event.hash for event in again])
    return [event for event in again if event.hash not in accepted]


def _accepted(subjects: list[str]) -> dict[str, int]:
    """How far, by subject. On another machine more may have been seen of the same log."""
    events = AuditEvent.objects.filter(action=ACCEPTED, subject__in=subjects).order_by("sequence")
    return {event.subject: event.detail["sequence"] for event in events if chain.is_ours(event)}
