"""Taking: which call a shift makes next. What is taken is written down as sent before it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, Q, QuerySet, Value, When

from dashboard.calls import accounts, recording, slots
from dashboard.calls.models import Account, ProviderCall
from dashboard.deletions.manifest import HELD
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.deletions.moves import finish_if_done, mark_tasks, shift_counters

Operation = ProviderCall.Operation

FAR_AHEAD = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One call to make: written down as sent, so it has to be made, or given up, at once."""

    call_id: int
    operation: str
    kind: str
    ids: tuple[str, ...]


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


def begin_due(*, now: datetime) -> None:
    """Starts what is armed and past its grace, and pauses what was confirmed for another host."""
    due = Deletion.objects.filter(state=State.SCHEDULED, armed_at__isnull=False, starts_at__lte=now)
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


def served() -> QuerySet[Deletion]:
    """Deletions that may send now, the one served longest ago first."""
    running = Deletion.objects.filter(state=State.RUNNING, host=accounts.current_host())
    return running.order_by(F("served_at").asc(nulls_first=True), "pk")


def take(hold: slots.Hold, *, now: datetime) -> Chunk | None:
    """The next call for this slot, or None when nothing is due or nothing may be sent. Raises `slots.Lost`.

    One transaction finds it, looks a last time whether it may leave, and writes it down as sent.
    """
    idle: list[int] = []
    while True:
        with transaction.atomic():
            # Every transaction locks the deletion before its items, so that none can deadlock with another.
            sending = served().filter(Exists(accounts.sending(now=now))).exclude(pk__in=idle)
            deletion = sending.select_for_update().first()
            if deletion is None:
                return None
            chunk = _take_look_up(deletion, hold, now=now) or _take_delete(deletion, hold, now=now)
            if chunk:
                slots.renew(hold)
                return chunk
            idle.append(deletion.pk)


def _take_look_up(deletion: Deletion, hold: slots.Hold, *, now: datetime) -> Chunk | None:
    due = deletion.items.filter(not_before__lte=now, call__isnull=True)
    item = due.order_by("not_before").first()
    if item is None:
        return None
    purpose = "verify" if item.outcome == Outcome.DELETED else "settle"
    call = recording.begin(
        operation=Operation.LOOK_UP,
        kind=item.kind,
        ids=[item.task_id],
        hold=hold,
        now=now,
        deletion=deletion.uuid,
        purpose=purpose,
    )
    due.filter(pk=item.pk).update(call=call)
    Deletion.objects.filter(pk=deletion.pk).update(served_at=now)
    return Chunk(call_id=call.pk, operation=Operation.LOOK_UP, kind=item.kind, ids=(item.task_id,))


def _take_delete(deletion: Deletion, hold: slots.Hold, *, now: datetime) -> Chunk | None:
    rows = _without_held(deletion, _next_items(deletion), now=now)
    if not rows:
        return None
    kind = rows[0].kind
    ids = tuple(row.task_id for row in rows)
    call = recording.begin(operation=Operation.DELETE, kind=kind, ids=ids, hold=hold, now=now, deletion=deletion.uuid)
    DeletionItem.objects.filter(pk__in=[row.pk for row in rows]).update(outcome=Outcome.SENT, call=call, sent_at=now)
    moved = {"waiting": F("waiting") - len(rows), "sent": F("sent") + len(rows)}
    Deletion.objects.filter(pk=deletion.pk).update(served_at=now, **moved)
    return Chunk(call_id=call.pk, operation=Operation.DELETE, kind=kind, ids=ids)


def _without_held(deletion: Deletion, rows: list[Waiting], *, now: datetime) -> list[Waiting]:
    """Takes out what was put on hold after the confirmation: kept, or looked up first if a call may have had it."""
    held = [row for row in rows if row.held_by]
    for row in held:
        outcome = Outcome.UNKNOWN if row.touched else Outcome.KEPT
        message = f"{HELD}: {row.held_reason}"
        rest = {"if_there": DeletionItem.IfThere.KEEP, "not_before": now}
        ending = rest if row.touched else {"open": False, "settled_at": now}
        deletion.items.filter(pk=row.pk).update(outcome=outcome, message=message, **ending)
        mark_tasks([row.tracked_id], outcome=outcome, message=message, deletion=deletion, now=now)
        shift_counters(deletion.pk, {Outcome.WAITING: -1, outcome: 1})
    if held:
        finish_if_done(deletion.pk, now=now)
    return [row for row in rows if not row.held_by]


def _next_items(deletion: Deletion) -> list[Waiting]:
    if deletion.stopped_at is not None:
        return []
    # A chunk being split goes first and alone: what a refused batch was made of is settled before more is asked.
    # The order is that of the index `item_waiting`, so this costs the same however much waits.
    waiting = deletion.items.filter(outcome=Outcome.WAITING, open=True).order_by("-group", "kind", "pk")
    columns = waiting.values_list(*Waiting._fields[:-2], "tracked__held_by", "tracked__held_reason")
    rows = [Waiting._make(row) for row in columns[: settings.TENSORSLAB_BATCH_SIZE]]
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
    moments = [
        starts_at if armed_at else now
        for starts_at, armed_at in Deletion.objects.filter(state=State.SCHEDULED).values_list("starts_at", "armed_at")
    ]
    chunky = Q(state=State.CANCELLED) | Q(state__in=[State.RUNNING, State.PAUSED], stopped_at__isnull=False)
    if Deletion.objects.filter(chunky, waiting__gt=0).exists():
        moments.append(now)
    account = accounts.current()
    if not account.paused_reason:
        for deletion in served():
            look_ups = deletion.items.filter(not_before__isnull=False, call__isnull=True).order_by("not_before")
            to_send = not deletion.stopped_at and deletion.waiting > 0
            moment = now if to_send else look_ups.values_list("not_before", flat=True).first()
            if moment is not None:
                moments.append(max(moment, account.rest_until or moment))
    if Deletion.objects.filter(state=State.RUNNING).exclude(host=account.host).exists():
        moments.append(now)
    return min((moment for moment in moments if moment is not None), default=None)
