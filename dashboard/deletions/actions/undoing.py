"""Undo: a deletion that has not started is cancelled, and all of its tasks are kept."""

from __future__ import annotations

from datetime import datetime

from dashboard.deletions.actions.asking import By, Refused, asked
from dashboard.deletions.dispatch import arming
from dashboard.deletions.dispatch.jobs import wake
from dashboard.deletions.models import Deletion, State


def undo(*, deletion: Deletion, by: By, now: datetime) -> None:
    with asked(by) as asking:
        _, row = asking.lock(deletion)
        if row.state == State.CANCELLED:
            raise Refused("This deletion was undone already. Every task is kept.")
        if not row.is_in_grace(now=now):
            raise Refused("Too late to undo: the deletion has started. Use Stop the rest.")
        Deletion.objects.filter(pk=row.pk).update(state=State.CANCELLED, finished_at=now, opened_at=now)
        wake(now)
        asking.record("deletion.undone", row)
    arming.in_chunks(arming.undo_chunk, deletion, now=now, at_most=1)
