"""Claiming: which call a shift makes next, taken by conditional UPDATE so that nobody else makes it too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Q, QuerySet

from dashboard.calls import accounts, recording, slots
from dashboard.calls.models import Account, Kind, ProviderCall
from dashboard.deletions.manifest import HELD
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.deletions.moves import finish_if_done, mark_tasks, shift_counters
from dashboard.inventory.models import TrackedTask

Operation = ProviderCall.Operation


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One call to make: claimed, written down, not yet sent."""

    call_id: int
    operation: str
    kind: str
    ids: tuple[str, ...]


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


def claim(hold: slots.Hold, *, now: datetime) -> Chunk | None:
    """The next call for this slot, or None when nothing is due."""
    for candidate in served():
        with transaction.atomic():
            # Every transaction locks the deletion before its items, so that none can deadlock with another.
            deletion = served().select_for_update().filter(pk=candidate.pk).first()
            if deletion is None:
                continue
            chunk = _claim_look_up(deletion, hold, now=now) or _claim_delete(deletion, hold, now=now)
            if chunk:
                Deletion.objects.filter(pk=deletion.pk).update(served_at=now)
                return chunk
    return None


def _claim_look_up(deletion: Deletion, hold: slots.Hold, *, now: datetime) -> Chunk | None:
    due = deletion.items.filter(not_before__lte=now, call__isnull=True)
    item = due.order_by("not_before").first()
    if item is None:
        return None
    purpose = "verify" if item.outcome == Outcome.DELETED else "settle"
    call = recording.prepare(
        operation=Operation.LOOK_UP,
        kind=item.kind,
        ids=[item.task_id],
        hold=hold,
        deletion=deletion.uuid,
        purpose=purpose,
    )
    due.filter(pk=item.pk).update(call=call)
    return Chunk(call_id=call.pk, operation=Operation.LOOK_UP, kind=item.kind, ids=(item.task_id,))


def _claim_delete(deletion: Deletion, hold: slots.Hold, *, now: datetime) -> Chunk | None:
    rows = _without_held(deletion, _next_items(deletion), now=now)
    if not rows:
        return None
    kind = rows[0].kind
    ids = tuple(row.task_id for row in rows)
    call = recording.prepare(operation=Operation.DELETE, kind=kind, ids=ids, hold=hold, deletion=deletion.uuid)
    # They stay waiting until the call leaves: the page never calls sent what no call has carried.
    unclaimed(deletion).filter(pk__in=[row.pk for row in rows]).update(call=call)
    return Chunk(call_id=call.pk, operation=Operation.DELETE, kind=kind, ids=ids)


def _without_held(deletion: Deletion, rows: list[DeletionItem], *, now: datetime) -> list[DeletionItem]:
    """Takes out what was put on hold after the confirmation: kept, or looked up first if a call may have had it."""
    tasks = TrackedTask.objects.filter(pk__in=[row.tracked_id for row in rows]).held()
    held = dict(tasks.values_list("pk", "held_reason"))
    for row in rows:
        if row.tracked_id not in held:
            continue
        outcome = Outcome.UNKNOWN if row.touched else Outcome.KEPT
        message = f"{HELD}: {held[row.tracked_id]}"
        rest = {"if_there": DeletionItem.IfThere.KEEP, "not_before": now}
        ending = rest if row.touched else {"open": False, "settled_at": now}
        deletion.items.filter(pk=row.pk).update(outcome=outcome, message=message, **ending)
        mark_tasks([row.tracked_id], outcome=outcome, message=message, deletion=deletion, now=now)
        shift_counters(deletion.pk, {Outcome.WAITING: -1, outcome: 1})
    if held:
        finish_if_done(deletion.pk, now=now)
    return [row for row in rows if row.tracked_id not in held]


def unclaimed(deletion: Deletion) -> QuerySet[DeletionItem]:
    return deletion.items.filter(outcome=Outcome.WAITING, open=True, call__isnull=True)


def _next_items(deletion: Deletion) -> list[DeletionItem]:
    if deletion.stopped_at is not None:
        return []
    waiting = unclaimed(deletion)
    # A chunk being split goes first and alone: what a refused batch was made of is settled before more is asked.
    for kind in Kind.values:
        part = waiting.filter(kind=kind, group__isnull=False).order_by("group", "pk").first()
        if part is not None:
            return list(waiting.filter(kind=kind, group=part.group).order_by("pk")[: settings.TENSORSLAB_BATCH_SIZE])
    for kind in Kind.values:
        rows = list(waiting.filter(kind=kind, group=None).order_by("pk")[: settings.TENSORSLAB_BATCH_SIZE])
        if rows:
            return rows
    return []


def open_chunk(chunk: Chunk, *, now: datetime) -> bool:
    """The last look before a chunk leaves: its deletion still runs and its account may send."""
    running = served().filter(uuid__in=ProviderCall.objects.filter(pk=chunk.call_id).values("deletion"))
    if chunk.operation == Operation.DELETE:
        running = running.filter(stopped_at=None)
    with transaction.atomic():
        deletion = running.select_for_update().first()
        if deletion is None or not accounts.may_send(accounts.current(), now=now):
            return False
        if not recording.open_call(chunk.call_id, now=now):
            return False
        return chunk.operation == Operation.LOOK_UP or _mark_sent(deletion, chunk, now=now)


def _mark_sent(deletion: Deletion, chunk: Chunk, *, now: datetime) -> bool:
    items = deletion.items.filter(call=chunk.call_id, outcome=Outcome.WAITING)
    tracked = list(items.values_list("tracked_id", flat=True))
    if len(tracked) != len(chunk.ids):
        # Somebody took items out of it; what is left goes with another call.
        transaction.set_rollback(True)
        return False
    items.update(outcome=Outcome.SENT, sent_at=now)
    mark_tasks(tracked, outcome=Outcome.SENT, message="", deletion=deletion, now=now)
    shift_counters(deletion.pk, {Outcome.WAITING: -len(tracked), Outcome.SENT: len(tracked)})
    return True


def give_back(call_id: int, *, now: datetime) -> None:
    """Releases a chunk that was claimed and certainly not sent."""
    with transaction.atomic():
        ready = ProviderCall.objects.filter(pk=call_id, state=ProviderCall.State.READY)
        owner = Deletion.objects.select_for_update().filter(uuid__in=ready.values("deletion")).first()
        call = ready.select_for_update().first()
        if call is None:
            return
        DeletionItem.objects.filter(call=call).update(call=None)
        call.delete()
        if owner is not None:
            finish_if_done(owner.pk, now=now)


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
            to_send = not deletion.stopped_at and unclaimed(deletion).exists()
            moment = now if to_send else look_ups.values_list("not_before", flat=True).first()
            if moment is not None:
                moments.append(max(moment, account.rest_until or moment))
    if Deletion.objects.filter(state=State.RUNNING).exclude(host=account.host).exists():
        moments.append(now)
    return min((moment for moment in moments if moment is not None), default=None)
