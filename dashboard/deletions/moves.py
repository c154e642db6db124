"""Moving items between outcomes: item rows, the deletion's counters and the tasks change together or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.inventory.models import Presence, TrackedTask

PRESENCE = {
    Outcome.DELETED: Presence.DELETED,
    Outcome.ALREADY_GONE: Presence.DELETED,
    Outcome.REFUSED: Presence.PRESENT,
    Outcome.KEPT: Presence.PRESENT,
    Outcome.WAITING: Presence.DELETING,
    Outcome.SENT: Presence.DELETING,
    Outcome.UNKNOWN: Presence.DELETING,
}


def shift_counters(deletion_id: int, changes: Mapping[str, int]) -> None:
    """Adds to the counters. The row stays locked until the transaction ends."""
    added = {Outcome(name).value: F(Outcome(name).value) + number for name, number in changes.items()}
    Deletion.objects.filter(pk=deletion_id).update(**added)


def in_order(tracked: list[int] | QuerySet[DeletionItem, Any]) -> QuerySet[TrackedTask]:
    """These tasks, for an update that locks them by their keys, as an import does: in another order both deadlock."""
    locked = TrackedTask.objects.filter(pk__in=tracked).order_by("pk").select_for_update()
    return TrackedTask.objects.filter(pk__in=locked.values("pk"))


def mark_tasks(tracked: list[int], *, outcome: Outcome, message: str, deletion: Deletion, now: datetime) -> None:
    """Shows on the register's own rows what became of them."""
    presence = PRESENCE[outcome]
    in_order(tracked).update(
        presence=presence,
        last_outcome=outcome,
        last_message=message,
        last_deletion=deletion.uuid,
        deleted_at=now if presence == Presence.DELETED else None,
    )


def finish_if_done(deletion_id: int, *, now: datetime) -> bool:
    """Ends a deletion in which nothing waits, is out, or is to be looked up."""
    to_ask = DeletionItem.objects.filter(deletion=OuterRef("pk"), not_before__isnull=False)
    undone = Deletion.objects.filter(pk=deletion_id, state__in=[State.RUNNING, State.PAUSED])
    rows = undone.filter(~Exists(to_ask), waiting=0, sent=0)
    return bool(rows.update(state=State.FINISHED, finished_at=now, paused_reason="", paused_by_account=False))
