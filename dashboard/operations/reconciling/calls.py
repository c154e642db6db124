"""Compares calls: each completed one has an entry that agrees with its row, and each one in hand has a valid lease."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import clock, recording, slots
from dashboard.calls.models import ProviderCall
from dashboard.operations.reconciling import approval
from dashboard.operations.reconciling.entries import BATCH, CONFIRMED, OVERDUE, has_left, in_batches, is_tended

State = ProviderCall.State
IN_HAND = [State.READY, State.OPEN]
MOMENTS = ("sent_at", "answered_at")
PLAIN = ("kind", "purpose", "http_status", "code", "message", "form", "error")


def differences() -> Iterator[str]:
    yield from _completed()
    yield from _overtaken()
    yield from _in_hand()


def _completed() -> Iterator[str]:
    """Rows are read first, because an entry is never later than its row."""
    rows = ProviderCall.objects.exclude(state__in=IN_HAND).order_by("pk").values_list("pk", flat=True)
    # Memory depends on the number of keys, not their size: an attacker can write keys of any size.
    keys = array("q", rows.iterator(chunk_size=BATCH))
    found = bytearray(len(keys))
    for events in in_batches("call.delete", "call.look_up"):
        rows_of = ProviderCall.objects.in_bulk([event.detail["call"] for event in events])
        for event in events:
            pk = event.detail["call"]
            place = bisect_left(keys, pk)
            if place < len(keys) and keys[place] == pk:
                found[place] = 1
            yield from _compared(event, rows_of.get(pk))
        deletes = [event for event in events if event.action == "call.delete"]
        yield from _unconfirmed(deletes)
        yield from approval.unapproved(deletes)
    yield from (f"Call {pk} has no entry." for pk, has_one in zip(keys, found, strict=True) if not has_one)


def _overtaken() -> Iterator[str]:
    """A call may have been given up, and told by its row, before its sender told what was sent: both must agree."""
    for event in chain.in_order(AuditEvent.objects.filter(action=recording.OVERTAKEN)):
        its, action = event.detail, f"call.{event.detail['operation']}"
        told = AuditEvent.objects.filter(subject=event.subject, action=action, detail__call=its["call"]).first()
        if told is None or any(told.detail[name] != its[name] for name in ("kind", "ids")):
            yield f"Call {its['call']} carried what entry {event.sequence} says, and it was told otherwise before."


def _compared(event: AuditEvent, row: ProviderCall | None) -> Iterator[str]:
    pk = event.detail["call"]
    if row is None:
        yield f"Call {pk} of entry {event.sequence} is missing."
    elif wrong := [name for name, value in _as_told(event).items() if getattr(row, name) != value]:
        yield f"Call {pk} differs from entry {event.sequence} in: {', '.join(wrong)}."


def _unconfirmed(deletes: list[AuditEvent]) -> Iterator[str]:
    """Each delete follows a confirmation, even if the deletion's rows are gone."""
    subjects = {event.subject for event in deletes}
    entries = AuditEvent.objects.filter(subject__in=subjects, action=CONFIRMED).order_by("-sequence")
    confirmed = dict(entries.values_list("subject", "sequence"))
    for event in deletes:
        if confirmed.get(event.subject, event.sequence) >= event.sequence:
            yield f"Entry {event.sequence} tells of a delete that no entry before it confirmed."


def _as_told(event: AuditEvent) -> dict[str, Any]:
    """The fields that a call's row must have according to its entry."""
    detail, ids = event.detail, event.detail["ids"]
    told: dict[str, Any] = {name: detail[name] for name in PLAIN}
    told |= {name: detail[name] and datetime.fromisoformat(detail[name]) for name in MOMENTS}
    told |= {"status": (detail["status"] or "")[:200], "state": _state(detail)}
    told |= {"operation": event.action.removeprefix("call."), "lease_until": None}
    told["deletion"] = UUID(event.subject) if event.subject else None
    if ids:
        # The entry of a control whose worker died has no id.
        told |= {"ids": len(ids), "digest": recording.digest(ids)}
    return told


def _state(detail: dict[str, Any]) -> State:
    if not has_left(detail):
        return State.NOT_SENT
    return State.LOST if detail["ruling"] == "lost" else State.ANSWERED


def _in_hand() -> Iterator[str]:
    """Any worker completes a call in hand, or takes it back, when its lease runs out."""
    tended, now = is_tended(), clock.now()
    beyond = now + slots.length() + OVERDUE
    for row in ProviderCall.objects.filter(state__in=IN_HAND).order_by("pk").iterator(chunk_size=BATCH):
        if row.lease_until is None:
            yield f"Call {row.pk} is {row.state} and has no lease, so nothing ends it."
        elif row.state == State.OPEN and (row.slot is None or row.token is None):
            yield f"Call {row.pk} is open and has no slot."
        elif row.lease_until > beyond:
            yield f"Call {row.pk} is {row.state}, and held for longer than any call may take."
        elif tended and row.lease_until < now - OVERDUE:
            yield f"Call {row.pk} is {row.state}, and its lease ran out long ago although a worker runs."
