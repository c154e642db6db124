"""Taking: which call a shift makes next. What is taken is written down as sent before it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, Value, When

from dashboard import sql
from dashboard.calls import accounts, recording, slots
from dashboard.calls.models import Account, ProviderCall
from dashboard.deletions import arming
from dashboard.deletions.manifest import HELD
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
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

FAR_AHEAD = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One call to make: written down as sent, so it has to be made, or given up, at once."""

    call_id: int
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


def begin_due(*, now: datetime) -> None:
    """Starts what is past its grace, and pauses what was confirmed for another host."""
    due = Deletion.objects.filter(state=State.SCHEDULED, starts_at__lte=now)
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            Deletion.objects.filter(pk=pk, state=State.SCHEDULED).update(state=State.RUNNING)
            finish_if_done(pk, now=now)
    host = accounts.current_host()
    for row in Deletion.objects.filter(state=State.RUNNING).exclude(host=host):
        reason = f"Confirmed for {row.host}, but this dashboard now sends to {host}. Nothing is sent."
        Deletion.objects.filter(pk=row.pk, state=State.RUNNING).update(state=State.PAUSED, paused_reason=reason)


def heed_account() -> None:
    """Shows a pause of the whole account on every deletion it stops."""
    account = accounts.current()
    if account.paused_reason:
        # The reason is looked at once more by the statement that acts on it: somebody may just have resumed.
        still = Account.objects.filter(pk=account.pk).exclude(paused_reason="")
        running = Deletion.objects.filter(Exists(still), state=State.RUNNING, host=account.host)
        running.update(state=State.PAUSED, paused_reason=account.paused_reason, paused_by_account=True)


def take(hold: slots.Hold, *, now: datetime) -> Chunk | None:
    """The next call for this slot, or None when nothing is due or nothing may be sent. Raises `slots.Lost`.

    One transaction finds it, looks a last time whether it may leave, and writes it down as sent.
    """
    idle: list[int] = []
    while True:
        with transaction.atomic():
            # Every transaction locks the deletion before its items, so that none can deadlock with another.
            deletion = _next_to_send(idle, now=now)
            if deletion is None:
                return None
            chunk = _take_look_up(deletion, hold, now=now) or _take_delete(deletion, hold, now=now)
            if chunk:
                slots.renew(hold)
                return chunk
            idle.append(deletion.pk)


def _next_to_send(idle: list[int], *, now: datetime) -> Sending | None:
    """The deletion that was served longest ago, leaving out the idle ones."""
    found = sql.rows(
        f"""SELECT d.id, d.uuid, d.stopped_at IS NOT NULL FROM {DELETIONS} d
        WHERE d.state = 'running' AND d.host = %s AND NOT {sql.among("d.id")} AND EXISTS (
            SELECT 1 FROM calls_account a
            WHERE a.host = d.host AND a.paused_reason = '' AND (a.rest_until IS NULL OR a.rest_until <= %s))
        ORDER BY d.served_at ASC NULLS FIRST, d.id LIMIT 1{sql.for_update("d")}""",
        accounts.current_host(),
        sql.listed(idle),
        now,
    )
    return next((Sending(pk, UUID(str(uuid)), bool(stopped)) for pk, uuid, stopped in found), None)


def _take_look_up(deletion: Sending, hold: slots.Hold, *, now: datetime) -> Chunk | None:
    found = sql.rows(
        f"""SELECT id, kind, task_id, outcome FROM {ITEMS}
        WHERE deletion_id = %s AND not_before IS NOT NULL AND not_before <= %s AND call_id IS NULL
        ORDER BY not_before LIMIT 1""",
        deletion.pk,
        now,
    )
    for item in map(Due._make, found):
        purpose = "verify" if item.outcome == Outcome.DELETED else "settle"
        chunk = _begin(Operation.LOOK_UP, deletion, item.kind, (item.task_id,), hold, now=now, purpose=purpose)
        change_items([item.pk], {"call_id": chunk.call_id})
        shift_counters(deletion.pk, {}, served_at=now)
        return chunk
    return None


def _take_delete(deletion: Sending, hold: slots.Hold, *, now: datetime) -> Chunk | None:
    rows = _without_held(deletion, _next_items(deletion), now=now)
    if not rows:
        return None
    ids = tuple(row.task_id for row in rows)
    chunk = _begin(Operation.DELETE, deletion, rows[0].kind, ids, hold, now=now)
    change_items([row.pk for row in rows], {"outcome": Outcome.SENT, "call_id": chunk.call_id, "sent_at": now})
    shift_counters(deletion.pk, {Outcome.WAITING: -len(rows), Outcome.SENT: len(rows)}, served_at=now)
    return chunk


def _begin(
    operation: Operation,
    deletion: Sending,
    kind: str,
    ids: tuple[str, ...],
    hold: slots.Hold,
    *,
    now: datetime,
    purpose: str = "",
) -> Chunk:
    call = recording.begin(
        operation=operation, kind=kind, ids=ids, hold=hold, now=now, deletion=deletion.uuid, purpose=purpose
    )
    return Chunk(call_id=call.pk, operation=operation, kind=kind, ids=ids)


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


def unstrand(*, now: datetime) -> None:
    """Brings near what a clock that has been put back left far ahead: no pause of ours is that long."""
    stranded = DeletionItem.objects.filter(not_before__gt=now + FAR_AHEAD)
    stranded.update(not_before=now, lost_at=Case(When(lost_at__gt=now, then=Value(now)), default=F("lost_at")))
    for row in Deletion.objects.filter(state=State.SCHEDULED, confirmed_at__gt=now + FAR_AHEAD):
        grace = row.starts_at - row.confirmed_at if row.starts_at and row.confirmed_at else timedelta()
        Deletion.objects.filter(pk=row.pk, state=State.SCHEDULED).update(starts_at=now + grace)
    accounts.forget_impossible_rest(now=now)


def next_due(*, now: datetime) -> datetime | None:
    """When the next shift has something to do, or None when nothing is left to do without a person."""
    moments = list(Deletion.objects.filter(state=State.SCHEDULED).values_list("starts_at", flat=True))
    if arming.unfinished_chunks():
        moments.append(now)
    account = accounts.current()
    if not account.paused_reason:
        for deletion in Deletion.objects.filter(state=State.RUNNING, host=account.host):
            look_ups = deletion.items.filter(not_before__isnull=False, call__isnull=True).order_by("not_before")
            to_send = not deletion.stopped_at and deletion.waiting > 0
            moment = now if to_send else look_ups.values_list("not_before", flat=True).first()
            if moment is not None:
                moments.append(max(moment, account.rest_until or moment))
    if Deletion.objects.filter(state=State.RUNNING).exclude(host=account.host).exists():
        moments.append(now)
    return min((moment for moment in moments if moment is not None), default=None)
