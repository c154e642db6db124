"""A call is written down before it leaves, and completed exactly once afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from dashboard.audit import chain
from dashboard.calls import slots
from dashboard.calls.models import ProviderCall
from dashboard.database import sql
from tensorslab_api.verdict import Ruling, Verdict

TABLE = "calls_providercall"
OVERTAKEN = "call.overtaken"
State = ProviderCall.State
NOT_WRITTEN = 0
"""In place of the key of a call that has none yet."""


class Call(NamedTuple):
    """A call as its sender remembers it: its rows may have been changed since it left."""

    pk: int
    operation: str
    kind: str
    purpose: str
    deletion: UUID | None
    ids: Sequence[str]
    sent_at: datetime | None = None


def prepare(*, operation: str, kind: str, ids: Sequence[str], deletion: UUID | None = None, purpose: str = "") -> Call:
    """Writes a call down before it leaves, in the transaction that assigns its items."""
    [call] = prepare_all([Call(NOT_WRITTEN, operation, kind, purpose, deletion, ids)])
    return call


def prepare_all(calls: Sequence[Call]) -> list[Call]:
    """Writes calls down that have no key yet."""
    written = [
        {
            "deletion": call.deletion,
            "kind": call.kind,
            "operation": call.operation,
            "purpose": call.purpose,
            "ids": len(call.ids),
            "digest": digest(call.ids),
            "status": "",
            "message": "",
            "form": "",
            "lease_until": slots.lease_end(),
            "state": State.READY,
        }
        for call in calls
    ]
    return [call._replace(pk=pk) for call, pk in zip(calls, sql.insert_all(TABLE, written), strict=True)]


def leave(call_id: int, slot: slots.OurSlot, condition: str = "TRUE", *values: object, now: datetime) -> bool:
    """The last write before the request leaves: one statement with all conditions, so that none can change in between.

    False if the call is not ready, `condition` is not met, or the slot's lease would end before the call does.
    """
    return bool(_leave(slot, f"id = %s AND {condition}", call_id, *values, now=now))


def leave_all(call_ids: Sequence[int], slot: slots.OurSlot, *, now: datetime) -> bool:
    """Lets calls leave one after another under one slot. False as above; a slot's lease lets all leave, or none."""
    return _leave(slot, sql.among("id"), sql.array_of(call_ids), now=now) == len(call_ids)


def _leave(slot: slots.OurSlot, which: str, *values: object, now: datetime) -> int:
    left = {
        "state": State.OPEN,
        "sent_at": now,
        "lease_until": slots.lease_end(),
        "slot": slot.number,
        "token": slot.token,
    }
    outlasts = slots.lease_end(slots.LEAST_MARGIN)
    hole, needed = (outlasts, []) if isinstance(outlasts, sql.Sql) else ("%s", [outlasts])
    may_leave = f"""{which} AND state = 'ready' AND EXISTS (
        SELECT 1 FROM calls_slot s WHERE s.number = %s AND s.token = %s AND s.lease_until > {hole})"""  # nosec B608 # pieces from the code, values beside them
    return sql.update(TABLE, left, may_leave, *values, slot.number, slot.token, *needed)


def forget(call_id: int) -> bool:
    """Deletes the row of a call that never left. False if it did leave."""
    return bool(sql.change(f"DELETE FROM {TABLE} WHERE id = %s AND state = 'ready'", call_id))  # nosec B608 # only names from the code


def take_back(call_id: int) -> bool:
    """Deletes the row of a call that was to leave and did not. False if it was completed before."""
    return bool(sql.change(f"DELETE FROM {TABLE} WHERE id = %s AND state = 'open'", call_id))  # nosec B608 # only names from the code


def complete(call_id: int, verdict: Verdict, *, answered_at: datetime, sent_at: datetime | None = None) -> bool:
    """Completes an open call. Only the caller that gets True may settle the call's items.

    `sent_at` is when it left, if that is later than what was written before.
    """
    answer: dict[str, object] = {
        "state": _state(verdict),
        "http_status": verdict.http_status,
        "code": verdict.code,
        "status": (verdict.status or "")[:200],
        "message": verdict.message,
        "form": verdict.form,
        "error": verdict.error,
        "answered_at": answered_at,
        "lease_until": None,
    }
    if sent_at is not None:
        answer["sent_at"] = sent_at
    if not verdict.sent:
        # It turned out only now that the call never left.
        answer["sent_at"] = None
    return bool(sql.update(TABLE, answer, "id = %s AND state = 'open'", call_id))


def _state(verdict: Verdict) -> ProviderCall.State:
    if not verdict.sent:
        return State.NOT_SENT
    return State.LOST if verdict.ruling == Ruling.LOST else State.ANSWERED


def audit(call: Call, verdict: Verdict, *, answered_at: datetime, actor: str = "", overtaken: bool = False) -> None:
    """Appends one event for a call, with its ids. Must be the transaction's last statement."""
    chain.append_all([entry(call, verdict, answered_at=answered_at, actor=actor, overtaken=overtaken)])


def entry(
    call: Call, verdict: Verdict, *, answered_at: datetime, actor: str = "", overtaken: bool = False
) -> chain.Told:
    """What the log is told of a call.

    `overtaken` if a process that had only the row gave the call up before: then the sender adds an event of its own.
    """
    detail: dict[str, Any] = {
        "call": call.pk,
        "kind": call.kind,
        "purpose": call.purpose,
        "ids": list(call.ids),
        "http_status": verdict.http_status,
        "code": verdict.code,
        "status": verdict.status,
        "message": verdict.message,
        "form": verdict.form,
        "ruling": str(verdict.ruling),
        "error": verdict.error,
        "sent_at": call.sent_at.isoformat() if call.sent_at and verdict.sent else None,
        "answered_at": answered_at.isoformat(),
    }
    if overtaken:
        detail["operation"] = call.operation
    action = OVERTAKEN if overtaken else f"call.{call.operation}"
    return chain.Told(actor=actor, action=action, subject=str(call.deletion or ""), detail=detail)


def digest(ids: Sequence[str]) -> str:
    return hashlib.sha256("".join(f"{task_id}\n" for task_id in ids).encode()).hexdigest()
