"""Taking: which call a shift makes next, written down before it leaves, in two steps.

`prepare` finds the items and writes them down with a call that is ready; that takes longest, so it is done while other
calls are out. `leave` looks a last time whether the call may go and makes it the one in flight; until then `release`
takes it back as if nothing had been.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction

from dashboard import sql
from dashboard.calls import accounts, recording, slots
from dashboard.calls.models import ProviderCall
from dashboard.deletions.manifest import HELD
from dashboard.deletions.models import DeletionItem, Outcome
from dashboard.deletions.moves import (
    DELETIONS,
    ITEMS,
    TASKS,
    change_items,
    finish_if_done,
    mark_tasks,
    shift_counters,
)

Operation = ProviderCall.Operation


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One call to make: ready when `prepare` has written it down, to be made at once when `leave` says so."""

    call_id: int
    deletion_id: int
    operation: str
    kind: str
    ids: tuple[str, ...]


class Sending(NamedTuple):
    """A deletion that may send now, its row locked."""

    pk: int
    uuid: UUID
    stopped: bool


class Waiting(NamedTuple):
    """An item that may go next: only what taking asks of it, since there are a hundred of them in a call."""

    pk: int
    tracked_id: int
    kind: str
    task_id: str
    touched: bool
    group: int
    held_by: str
    held_reason: str


class Due(NamedTuple):
    """An item whose look-up is due."""

    pk: int
    kind: str
    task_id: str
    outcome: str


def prepare(*, now: datetime) -> Chunk | None:
    """The next call, ready to leave, or None when nothing is due or nothing may be sent."""
    idle: list[int] = []
    while True:
        with transaction.atomic():
            # Every transaction locks the deletion before its items, so that none can deadlock with another.
            deletion = _next_to_send(idle, now=now)
            if deletion is None:
                return None
            if chunk := _prepare_look_up(deletion, now=now) or _prepare_delete(deletion, now=now):
                return chunk
            idle.append(deletion.pk)


def leave(chunk: Chunk, hold: slots.Hold, *, now: datetime) -> bool:
    """Puts a ready call in flight. False when it may not leave, or not any more: then it is taken back.

    Raises `slots.Lost`, and has taken it back too.
    """
    left = False
    try:
        left = _put_in_flight(chunk, hold, now=now)
    finally:
        if not left:
            release(chunk.call_id)
    return left


def _put_in_flight(chunk: Chunk, hold: slots.Hold, *, now: datetime) -> bool:
    may_leave = f"""EXISTS (SELECT 1 FROM {DELETIONS} d WHERE d.id = %s AND d.state = 'running'
            AND (d.stopped_at IS NULL OR %s) AND {_may_send("d.host")})
        AND NOT EXISTS (SELECT 1 FROM {ITEMS} i JOIN {TASKS} t ON t.id = i.tracked_id
            WHERE i.call_id = %s AND t.held_by <> '' AND NOT %s)"""
    looks_up = chunk.operation == Operation.LOOK_UP
    values = (chunk.deletion_id, looks_up, accounts.current_host(), now, chunk.call_id, looks_up)
    if recording.leave(chunk.call_id, hold, may_leave, *values, now=now):
        return True
    # Perhaps only the slot's lease was too short.
    slots.renew(hold)
    return recording.leave(chunk.call_id, hold, may_leave, *values, now=now)


def release(call_id: int) -> bool:
    """Takes a ready call back, as if it had never been. False when it has left, or was taken back before."""
    waits = {"outcome": Outcome.WAITING, "call_id": None}
    with transaction.atomic():
        locked = f"""SELECT d.id FROM {DELETIONS} d JOIN calls_providercall c ON c.deletion = d.uuid
            WHERE c.id = %s{sql.for_update("d")}"""
        for (deletion_id,) in sql.rows(locked, call_id):
            if recording.forget(call_id):
                number = sql.update(ITEMS, waits, "call_id = %s AND outcome = 'sent'", call_id)
                sql.update(ITEMS, {"call_id": None}, "call_id = %s", call_id)
                shift_counters(deletion_id, {Outcome.SENT: -number, Outcome.WAITING: number})
                return True
        # One outside any deletion holds no items.
        return recording.forget(call_id)


def _may_send(host: str) -> str:
    """That the account of `host`, the current one, may send at a moment: takes both as values."""
    return f"""{host} = %s AND EXISTS (SELECT 1 FROM calls_account a
        WHERE a.host = {host} AND a.paused_reason = '' AND (a.rest_until IS NULL OR a.rest_until <= %s))"""


def _next_to_send(idle: list[int], *, now: datetime) -> Sending | None:
    """The deletion that was served longest ago, leaving out the idle ones."""
    found = sql.rows(
        f"""SELECT d.id, d.uuid, d.stopped_at IS NOT NULL FROM {DELETIONS} d
        WHERE d.state = 'running' AND {_may_send("d.host")} AND NOT {sql.among("d.id")}
        ORDER BY d.served_at ASC NULLS FIRST, d.id LIMIT 1{sql.for_update("d")}""",
        accounts.current_host(),
        now,
        sql.listed(idle),
    )
    return next((Sending(pk, UUID(str(uuid)), bool(stopped)) for pk, uuid, stopped in found), None)


def _prepare_look_up(deletion: Sending, *, now: datetime) -> Chunk | None:
    found = sql.rows(
        f"""SELECT id, kind, task_id, outcome FROM {ITEMS}
        WHERE deletion_id = %s AND not_before IS NOT NULL AND not_before <= %s AND call_id IS NULL
        ORDER BY not_before LIMIT 1""",
        deletion.pk,
        now,
    )
    for item in map(Due._make, found):
        purpose = "verify" if item.outcome == Outcome.DELETED else "settle"
        chunk = _begin(Operation.LOOK_UP, deletion, item.kind, (item.task_id,), now=now, purpose=purpose)
        change_items([item.pk], {"call_id": chunk.call_id})
        shift_counters(deletion.pk, {}, served_at=now)
        return chunk
    return None


def _prepare_delete(deletion: Sending, *, now: datetime) -> Chunk | None:
    rows = _without_held(deletion, _next_items(deletion), now=now)
    if not rows:
        return None
    ids = tuple(row.task_id for row in rows)
    chunk = _begin(Operation.DELETE, deletion, rows[0].kind, ids, now=now)
    change_items([row.pk for row in rows], {"outcome": Outcome.SENT, "call_id": chunk.call_id})
    shift_counters(deletion.pk, {Outcome.WAITING: -len(rows), Outcome.SENT: len(rows)}, served_at=now)
    return chunk


def _begin(
    operation: Operation,
    deletion: Sending,
    kind: str,
    ids: tuple[str, ...],
    *,
    now: datetime,
    purpose: str = "",
) -> Chunk:
    call = recording.prepare(operation=operation, kind=kind, ids=ids, deletion=deletion.uuid, purpose=purpose)
    return Chunk(call_id=call.pk, deletion_id=deletion.pk, operation=operation, kind=kind, ids=ids)


def _without_held(deletion: Sending, rows: list[Waiting], *, now: datetime) -> list[Waiting]:
    """Takes out what was put on hold after the confirmation: kept, or looked up first if a call may have had it."""
    held = [row for row in rows if row.held_by]
    for row in held:
        outcome = Outcome.UNKNOWN if row.touched else Outcome.KEPT
        message = f"{HELD}: {row.held_reason}"
        rest = {"if_there": DeletionItem.IfThere.KEEP, "not_before": now}
        ending = rest if row.touched else {"open": False, "settled_at": now}
        change_items([row.pk], {"outcome": outcome, "message": message, **ending})
        mark_tasks([row.tracked_id], outcome=outcome, message=message, deletion=deletion.uuid, now=now)
        shift_counters(deletion.pk, {Outcome.WAITING: -1, outcome: 1})
    if held:
        finish_if_done(deletion.pk, now=now)
    return [row for row in rows if not row.held_by]


def _next_items(deletion: Sending) -> list[Waiting]:
    if deletion.stopped:
        return []
    # A chunk being split goes first and alone: what a refused batch was made of is settled before more is asked.
    # The order is that of the index `item_waiting`, so this costs the same however much waits.
    found = sql.rows(
        f"""SELECT i.id, i.tracked_id, i.kind, i.task_id, i.touched, i."group", t.held_by, t.held_reason
        FROM {ITEMS} i JOIN {TASKS} t ON t.id = i.tracked_id
        WHERE i.deletion_id = %s AND i.outcome = 'waiting' AND i.open
        ORDER BY i."group" DESC, i.kind, i.id LIMIT %s""",
        deletion.pk,
        settings.TENSORSLAB_BATCH_SIZE,
    )
    rows = [Waiting._make(row) for row in found]
    return [row for row in rows if (row.group, row.kind) == (rows[0].group, rows[0].kind)]
