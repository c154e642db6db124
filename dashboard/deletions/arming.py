"""Large changes to a deletion's items, a chunk a transaction: arming it, undoing it, keeping the rest of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from dashboard import sql
from dashboard.calls import accounts
from dashboard.deletions.manifest import blocked
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.deletions.moves import ITEMS, finish_if_done, in_order, mark_tasks, shift_counters
from dashboard.inventory.models import TrackedTask

CHUNK = 1000
"""Items a transaction: what others wait for, and an answer for its books."""


def is_small(deletion: Deletion) -> bool:
    """Armed by whoever confirms it, so that the page that comes back shows it; larger ones are left to a shift."""
    return deletion.total <= 2 * CHUNK


def being_armed() -> QuerySet[Deletion]:
    """Confirmed, not all of it open yet. It may be running: what is open goes while the rest is being opened."""
    going_on = [State.SCHEDULED, State.RUNNING, State.PAUSED]
    return Deletion.objects.filter(state__in=going_on, armed_at=None, stopped_at=None)


def arm_chunk(deletion: Deletion, *, now: datetime) -> bool:
    """Opens the next items of a confirmed deletion, and shows their tasks as deleting. False when all are open.

    Under the account row's lock: two confirmations at once would otherwise collide or deadlock.
    """
    with transaction.atomic():
        accounts.locked()
        mine = being_armed().filter(pk=deletion.pk)
        row = mine.select_for_update().first()
        if row is None:
            return False
        last, number = _next_to_arm(row)
        if number:
            items = row.items.filter(outcome=Outcome.WAITING, pk__gt=row.armed_through, pk__lte=last)
            _skip_blocked(row, items)
            items.update(open=True)
            in_order(items.values("tracked_id")).update(
                presence="deleting", last_outcome=Outcome.WAITING, last_message="", last_deletion=row.uuid
            )
        more = number == CHUNK
        mine.update(armed_through=last or row.armed_through, armed_at=None if more else now)
        finish_if_done(row.pk, now=now)
        return more


def _next_to_arm(deletion: Deletion) -> tuple[int | None, int]:
    """The last item of the next chunk, and how many it has. Read in the order of the index `item_by_outcome`."""
    chunk = "SELECT id FROM {} WHERE deletion_id = %s AND outcome = 'waiting' AND id > %s ORDER BY id LIMIT %s"
    [(last, number)] = sql.rows(
        f"SELECT MAX(id), COUNT(*) FROM ({chunk.format(ITEMS)}) AS chunk", deletion.pk, deletion.armed_through, CHUNK
    )
    return last, number


def _skip_blocked(deletion: Deletion, items: QuerySet[DeletionItem]) -> None:
    # What another deletion holds by now, or somebody put on hold, is not ours to delete.
    why = TrackedTask.objects.annotate(why=blocked()).filter(pk=OuterRef("tracked_id")).exclude(why="")
    stale = list(
        items.annotate(stale=Exists(why))
        .filter(stale=True)
        .annotate(why=why.values("why")[:1])
        .values_list("pk", "why")
    )
    for pk, reason in stale:
        deletion.items.filter(pk=pk).update(outcome=Outcome.SKIPPED, message=reason)
    if stale:
        shift_counters(deletion.pk, {Outcome.WAITING: -len(stale), Outcome.SKIPPED: len(stale)})


def undo_chunk(deletion: Deletion, *, now: datetime) -> bool:
    """Keeps the next items of a cancelled deletion. False when all are kept."""
    return _keep_chunk(deletion, Deletion.objects.filter(state=State.CANCELLED), touched=False, now=now)


def keep_chunk(deletion: Deletion, *, now: datetime) -> bool:
    """After “Stop the rest”: keeps items that never left, and has the others looked up. False when none waits."""
    stopped = Deletion.objects.filter(stopped_at__isnull=False)
    if _keep_chunk(deletion, stopped, touched=False, now=now):
        return True
    return _keep_chunk(deletion, stopped, touched=True, now=now)


def _keep_chunk(deletion: Deletion, rows: QuerySet[Deletion], *, touched: bool, now: datetime) -> bool:
    with transaction.atomic():
        if not rows.filter(pk=deletion.pk).select_for_update().exists():
            return False
        waiting = deletion.items.filter(outcome=Outcome.WAITING, touched=touched)
        # Locked, so that a shift under way has either taken an item by now or finds it no longer waiting.
        chunk = list(waiting.select_for_update().order_by("pk").values_list("pk", "tracked_id", "open")[:CHUNK])
        if not chunk:
            finish_if_done(deletion.pk, now=now)
            return False
        outcome = Outcome.UNKNOWN if touched else Outcome.KEPT
        items = deletion.items.filter(pk__in=[pk for pk, _, _ in chunk])
        if touched:
            moved = items.update(outcome=outcome, if_there=DeletionItem.IfThere.KEEP, not_before=now)
        else:
            moved = items.update(outcome=outcome, open=False, settled_at=now, message="")
        armed = [tracked for _, tracked, is_open in chunk if is_open]
        if armed:
            mark_tasks(armed, outcome=outcome, message="", deletion=deletion.uuid, now=now)
        shift_counters(deletion.pk, {Outcome.WAITING: -moved, outcome: moved})
        finish_if_done(deletion.pk, now=now)
        return True


def in_chunks(step: Callable[..., bool], deletion: Deletion, *, now: datetime, at_most: int | None = None) -> bool:
    """Runs `step` until it has nothing left, or `at_most` times. True when it is through."""
    done = 0
    while at_most is None or done < at_most:
        if not step(deletion, now=now):
            return True
        done += 1
    return False


def unfinished_chunks() -> list[tuple[Callable[..., bool], Deletion]]:
    """What an interrupted or large confirmation, Undo or Stop still has to do."""
    work: list[tuple[Callable[..., bool], Deletion]] = []
    work += [(arm_chunk, row) for row in being_armed().order_by("pk")]
    work += [(undo_chunk, row) for row in Deletion.objects.filter(state=State.CANCELLED, waiting__gt=0)]
    stopped = Deletion.objects.filter(state__in=[State.RUNNING, State.PAUSED], stopped_at__isnull=False)
    work += [(keep_chunk, row) for row in stopped.filter(waiting__gt=0)]
    return work
