"""The next call of a shift, written down in two steps before it leaves.

`prepare` writes a ready call down with its items; this takes longest, so it is done while other calls are out. `leave`
checks a last time whether the call may go, and puts it in flight; until then `release` can take it back.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from dashboard.calls import accounts, recording, slots
from dashboard.calls.models import ProviderCall
from dashboard.database import sql
from dashboard.deletions.dispatch import turns
from dashboard.deletions.dispatch.ending import finish_if_done
from dashboard.deletions.dispatch.next_list import Waiting, next_items
from dashboard.deletions.dispatch.turns import Sending
from dashboard.deletions.drafts.eligibility import HELD
from dashboard.deletions.evidence.doubtful import other_kind
from dashboard.deletions.models import DeletionItem, Outcome
from dashboard.deletions.moves import (
    DELETIONS,
    IS_HELD,
    ITEMS,
    TASKS,
    change_items,
    mark_tasks,
    shift_counters,
)

Operation = ProviderCall.Operation


class Chunk(NamedTuple):
    """A call to make: `prepare` made it ready, and `leave` lets it go.

    The ids were read when the items were taken. Sending, settling and the audit log use them from here.
    """

    call: recording.Call
    deletion_id: int | None
    """None for a control, which belongs to no deletion."""


class Due(NamedTuple):
    pk: int
    kind: str
    task_id: str
    outcome: str
    if_there: str
    inspection: int | None


def prepare(*, now: datetime) -> Chunk | None:
    """The next call, ready to leave; None if nothing is due or may be sent."""
    idle: list[int] = []
    while True:
        with transaction.atomic():
            # Every transaction locks the deletion before its items, so that there is no deadlock.
            deletion = turns.next_in_turn(idle, now=now)
            if deletion is None:
                return None
            if chunk := _prepare_look_up(deletion, now=now) or _prepare_delete(deletion, now=now):
                return chunk
            idle.append(deletion.pk)


def leave(chunk: Chunk, slot: slots.OurSlot, *, now: datetime) -> bool:
    """Puts a ready call in flight. False if it may not leave, or not any more: then it is taken back.

    Raises `slots.Lost`, and then has taken it back too.
    """
    left = False
    try:
        left = _put_in_flight(chunk, slot, now=now)
    finally:
        if not left:
            release(chunk.call.pk)
    return left


def _put_in_flight(chunk: Chunk, slot: slots.OurSlot, *, now: datetime) -> bool:
    # A finished deletion is only inspected.
    may_leave = f"""EXISTS (SELECT 1 FROM {DELETIONS} d WHERE d.id = %s AND {turns.may_send()}
            AND (d.state = 'running' AND (%s OR d.stopped_at IS NULL AND {turns.nothing_speaks_against()})
                OR d.state = 'finished' AND %s))
        AND NOT EXISTS (SELECT 1 FROM {ITEMS} i JOIN {TASKS} t ON t.id = i.tracked_id
            JOIN {DELETIONS} d ON d.id = i.deletion_id WHERE i.call_id = %s AND {IS_HELD} AND NOT %s)
        AND (%s OR NOT {turns.a_rule_is_behind()})"""  # nosec B608 # pieces from the code, values beside them
    looks_up = chunk.call.operation == Operation.LOOK_UP
    held = (chunk.call.pk, looks_up, looks_up, now)
    values: tuple[object, ...] = (chunk.deletion_id, *turns.may_send_values(now), looks_up, looks_up, *held)
    if chunk.deletion_id is None:
        may_leave = "EXISTS (SELECT 1 FROM calls_account a WHERE a.host = %s AND a.paused_reason = '')"
        values = (accounts.current_host(),)
    if recording.leave(chunk.call.pk, slot, may_leave, *values, now=now):
        return True
    # Perhaps only the slot's lease was too short.
    slots.renew(slot)
    return recording.leave(chunk.call.pk, slot, may_leave, *values, now=now)


def release(call_id: int) -> bool:
    """Takes a ready call back without a trace. False if it has left, or was taken back before."""
    waits = {"outcome": Outcome.WAITING, "call_id": None}
    with transaction.atomic():
        locked = f"""SELECT d.id FROM {DELETIONS} d JOIN calls_providercall c ON c.deletion = d.uuid
            WHERE c.id = %s{sql.for_update("d")}"""  # nosec B608 # only names from the code
        for (deletion_id,) in sql.rows(locked, call_id):
            if recording.forget(call_id):
                number = sql.update(ITEMS, waits, "call_id = %s AND outcome = 'sent'", call_id)
                sql.update(ITEMS, {"call_id": None}, "call_id = %s", call_id)
                shift_counters(deletion_id, {Outcome.SENT: -number, Outcome.WAITING: number})
                return True
        # A call without a deletion has no items.
        return recording.forget(call_id)


def _prepare_look_up(deletion: Sending, *, now: datetime) -> Chunk | None:
    if deletion.doubt:
        return None
    found = sql.rows(
        f"""SELECT id, kind, task_id, outcome, if_there, inspection FROM {ITEMS}
        WHERE deletion_id = %s AND not_before IS NOT NULL AND not_before <= %s AND call_id IS NULL
        ORDER BY not_before LIMIT 1""",  # nosec B608 # only names from the code
        deletion.pk,
        now,
    )
    for item in map(Due._make, found):
        chunk = _look_up(item, deletion.uuid, deletion.pk)
        shift_counters(deletion.pk, {}, served_at=now)
        return chunk
    return None


def _look_up(item: Due, uuid: UUID, deletion_id: int) -> Chunk:
    kind, purpose = item.kind, "verify" if item.outcome == Outcome.DELETED else "settle"
    if item.inspection is not None:
        purpose = "inspect"
    elif item.if_there == DeletionItem.IfThere.OTHER:
        kind, purpose = other_kind(item.kind), "other"
    ids = (item.task_id,)
    call = recording.prepare(operation=Operation.LOOK_UP, kind=kind, ids=ids, deletion=uuid, purpose=purpose)
    change_items([item.pk], {"call_id": call.pk})
    return Chunk(call, deletion_id)


def prepare_inspection(*, now: datetime) -> Chunk | None:
    """The next look-up of an inspection, which comes after all other calls."""
    found = sql.rows(
        f"""SELECT d.id, d.uuid, i.id, i.kind, i.task_id, i.outcome, i.if_there, i.inspection
        FROM deletions_inspection n JOIN {DELETIONS} d ON d.id = n.deletion_id JOIN {ITEMS} i ON i.deletion_id = d.id
        WHERE n.at IS NULL AND n.begun_at IS NOT NULL AND d.state = 'finished' AND d.host = %s
        AND i.not_before IS NOT NULL AND i.not_before <= %s AND i.call_id IS NULL
        AND EXISTS (SELECT 1 FROM calls_account a WHERE a.host = d.host AND a.paused_reason = '' AND a.doubt = ''
            AND (a.rest_until IS NULL OR a.rest_until <= %s)) LIMIT 1""",  # nosec B608 # only names from the code
        accounts.current_host(),
        now,
        now,
    )
    for pk, uuid, *item in found:
        with transaction.atomic():
            sql.rows(f"SELECT 1 FROM {DELETIONS} d WHERE d.id = %s{sql.for_update('d')}", pk)  # nosec B608 # only names from the code
            still = f"SELECT 1 FROM {ITEMS} WHERE id = %s AND not_before IS NOT NULL AND call_id IS NULL"  # nosec B608 # only names from the code
            if sql.rows(still, item[0]):
                return _look_up(Due._make(item), UUID(str(uuid)), pk)
    return None


def _prepare_delete(deletion: Sending, *, now: datetime) -> Chunk | None:
    if deletion.must_look_first or not turns.has_a_witness(deletion):
        return None
    rows = _without_held(deletion, next_items(deletion, now=now), now=now)
    if not rows:
        return None
    ids = tuple(row.task_id for row in rows)
    call = recording.prepare(operation=Operation.DELETE, kind=rows[0].kind, ids=ids, deletion=deletion.uuid)
    first = sql.Sql(f"COALESCE(first_call, {call.pk:d})")
    change_items([row.pk for row in rows], {"outcome": Outcome.SENT, "call_id": call.pk, "first_call": first})
    shift_counters(deletion.pk, {Outcome.WAITING: -len(rows), Outcome.SENT: len(rows)}, served_at=now)
    return Chunk(call, deletion.pk)


def _without_held(deletion: Sending, rows: list[Waiting], *, now: datetime) -> list[Waiting]:
    """Removes tasks that were put on hold after the confirmation: kept, or looked up first if a call had them."""
    held = [row for row in rows if row.held]
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
    return [row for row in rows if not row.held]
