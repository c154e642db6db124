"""The hash chain: an event's hash covers all its fields and the hash of the event before it.

It is an HMAC under a key that is not in the database (`keys.py`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard.audit import commitments, entries, heads, keys
from dashboard.audit.entries import Entry
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import sql

GENESIS = "0" * 64
HEAD = 1
ERASED = "log.erased"
"""Action of the entry that tells which pseudonym replaces a person's name, and in how many places."""
WORDLESS = "log.reasons_erased"
"""Action of the entry that tells which entries had their reason erased, and nothing else."""
BATCH = 1000
ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)
FIELDS = ("sequence", "at", "actor", "address", "action", "subject", "previous_hash", "hash")
JSON = ("detail", "commitments", "salts")


@dataclass(frozen=True, kw_only=True)
class Broken:
    """The first place where the chain is broken."""

    sequence: int
    reason: str

    def __str__(self) -> str:
        return f"Entry {self.sequence}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What an entry tells, before it has its place in the log."""

    actor: str
    address: str = ""
    action: str
    subject: str = ""
    detail: Mapping[str, Any] | None = None


def append(
    *, actor: str, address: str = "", action: str, subject: str = "", detail: Mapping[str, Any] | None = None
) -> AuditEvent:
    """Writes one event in the caller's transaction, so that both are committed or neither.

    It must be the transaction's last statement: it locks the head row, for which all other appends wait until the
    commit. A transaction that locks another row after it could cause a deadlock.
    """
    [event] = append_all([Told(actor=actor, address=address, action=action, subject=subject, detail=detail)])
    return event


def append_all(told: Sequence[Told]) -> list[AuditEvent]:
    """Writes events one after another, with the head locked and written once. The rules of `append` hold."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Append to the audit log inside transaction.atomic().")
    if not told:
        return []
    sequence, previous, recorded = _locked_head()
    events, before = [], previous
    for number, one in enumerate(told, sequence + 1):
        events.append(_event(one, number, before))
        before = events[-1].hash
    sql.insert_all("audit_auditevent", [_row(event) for event in events], key="sequence")
    last = events[-1]
    sql.update("audit_audithead", {"sequence": last.sequence, "hash": last.hash}, "id = %s", HEAD)
    head = heads.Seen(sequence=last.sequence, hash=last.hash, at=last.at)
    # `robust`, because the commit is done: an error in `heads.leave` must not look like a failed commit.
    transaction.on_commit(lambda: heads.leave(head, follows=(previous, recorded)), robust=True)
    return events


def _event(told: Told, sequence: int, previous: str) -> AuditEvent:
    event = AuditEvent(
        sequence=sequence,
        at=timezone.now(),
        actor=_text(told.actor)[:150],
        address=_text(told.address)[:45],
        action=told.action,
        subject=_text(told.subject)[:300],
        detail=_plain(told.detail or {}),
        previous_hash=previous,
    )
    commitments.commit(event)
    event.hash = keys.authenticated(hashed(event))
    return event


def _row(event: AuditEvent) -> dict[str, object]:
    columns = {name: getattr(event, name) for name in FIELDS}
    return columns | {name: json.dumps(getattr(event, name)) for name in JSON}


def hashed(event: Entry) -> str:
    """The text that is hashed: canonical JSON of every field except the hash and the fields that have a commitment."""
    fields = _fields(event)
    return canonical(commitments.impersonal(event, fields) if event.commitments else fields)


def as_dict(event: Entry) -> dict[str, Any]:
    salts = {"salts": event.salts} if event.commitments else {}
    return {**_fields(event), **salts, "hash": event.hash}


def _fields(event: Entry) -> dict[str, Any]:
    fields = {
        "sequence": event.sequence,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": event.actor,
        "address": event.address,
        "action": event.action,
        "subject": event.subject,
        "detail": event.detail,
        "previous_hash": event.previous_hash,
    }
    if event.commitments:
        fields["commitments"] = event.commitments
    return fields


def canonical(value: Mapping[str, Any]) -> str:
    return ENCODER.encode(value)


def verify() -> Broken | None:
    """Checks the whole chain in constant memory, and blocks no append meanwhile."""
    if early := AuditEvent.objects.filter(sequence__lt=1).order_by("sequence").first():
        return Broken(sequence=early.sequence, reason="it stands before the first entry.")
    walk = _Walk()
    while True:
        while events := entries.after(walk.sequence, limit=BATCH):
            for event in events:
                if reason := walk.step(event):
                    return Broken(sequence=walk.sequence + 1, reason=reason)
        head = AuditHead.objects.filter(pk=HEAD).first() or AuditHead()
        if head.sequence == walk.sequence:
            return walk.end(head)
        if head.sequence < walk.sequence:
            return Broken(sequence=head.sequence + 1, reason="it stands after the end of the chain.")
        if not AuditEvent.objects.filter(sequence__gt=walk.sequence).exists():
            missing = f"it is missing, and the chain ends at {head.sequence}."
            return Broken(sequence=walk.sequence + 1, reason=missing)
        # Events were appended meanwhile; the loop goes on with those.


def last_is_ours(using: str) -> bool:
    """Whether the newest entry was written with a known key; True for an empty log."""
    last = AuditEvent.objects.using(using).order_by("-sequence").first()
    return last is None or is_ours(last)


def is_ours(event: AuditEvent) -> bool:
    """Whether this entry was written with a known key. Entries before it are not checked."""
    return keys.recognised(hashed(event), event.hash)


class _Walk:
    def __init__(self) -> None:
        self.sequence, self.previous = 0, GENESIS
        self.erased: dict[str, commitments.Places] = {}
        """By pseudonym, like `told`: its places in the log, and what `log.erased` entries say of them."""
        self.wordless: set[int] = set()
        """Entries whose reason was erased alone, and that no `log.reasons_erased` entry told of yet: it comes later."""
        self.told: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)

    def step(self, event: Entry) -> str:
        """Checks the next entry. Returns why it does not belong there, or an empty text."""
        if event.sequence != self.sequence + 1:
            return f"it is missing; the next one is {event.sequence}."
        if not keys.recognised(hashed(event), event.hash):
            return "its fields were changed, or the key that it was written with is not known here."
        if event.previous_hash != self.previous:
            return "it does not follow the entry before it."
        if event.commitments:
            if name := commitments.mismatch(event):
                return f"its {name} is not what it was."
            if commitments.is_wordless(event):
                self.wordless.add(event.sequence)
            for pseudonym in commitments.pseudonyms(event):
                self._places(pseudonym).take(event)
        if event.action == ERASED:
            self.told[event.subject].append(event.detail)
        if event.action == WORDLESS:
            self.wordless.difference_update(event.detail["entries"])
        self.sequence, self.previous = event.sequence, event.hash
        return ""

    def end(self, head: AuditHead) -> Broken | None:
        if head.hash != self.previous:
            return Broken(sequence=self.sequence, reason="its hash is not the one the chain ends in.")
        if self.wordless:
            return Broken(sequence=min(self.wordless), reason="its reason is gone, and no entry tells of that.")
        for pseudonym in {**self.erased, **self.told}:
            if self._places(pseudonym).wrong(self.told[pseudonym]) and (reason := _wrong_now(pseudonym)):
                return Broken(sequence=self.sequence, reason=reason)
        return None

    def _places(self, pseudonym: str) -> commitments.Places:
        return self.erased.setdefault(pseudonym, commitments.Places(pseudonym))


def _wrong_now(pseudonym: str) -> str:
    """Checks a pseudonym again in one query, because an erasure may have run during the walk."""
    places, told = commitments.Places(pseudonym), []
    for event in AuditEvent.objects.filter(Q(actor=pseudonym) | Q(subject=pseudonym)).iterator(chunk_size=BATCH):
        places.take(event)
        if event.action == ERASED:
            told.append(event.detail)
    return places.wrong(told)


def in_order(events: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """Oldest first, in batches by key, so that no cursor or transaction stays open for a slow reader."""
    batch = list(events.order_by("sequence")[:BATCH])
    while batch:
        yield from batch
        batch = list(events.filter(sequence__gt=batch[-1].sequence).order_by("sequence")[:BATCH])


def _locked_head() -> tuple[int, str, str]:
    """Sequence and hash of the last event, and the chain's hash at the sequence that `heads` recorded."""
    locked = f"""
        SELECT sequence, hash, COALESCE((SELECT hash FROM audit_auditevent WHERE sequence = %s), '')
        FROM audit_audithead WHERE id = %s{sql.for_update("audit_audithead")}"""  # nosec B608 # only names from the code
    if not (found := sql.rows(locked, heads.recorded(), HEAD)):
        # This is the first event ever. A transaction that loses the race waits here for the winner's commit.
        AuditHead.objects.bulk_create([AuditHead(pk=HEAD)], ignore_conflicts=True)
        found = sql.rows(locked, heads.recorded(), HEAD)
    [(sequence, last, recorded)] = found
    return sequence, last, recorded


def _plain(value: Any) -> Any:
    """`value` in a form that both databases return as it was stored.

    PostgreSQL's jsonb rewrites floats (1e16 comes back as an integer) and takes no NUL, so floats become text.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return _text(str(value))


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
