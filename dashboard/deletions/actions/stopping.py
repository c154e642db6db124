"""Stop the rest: nothing more of the deletion is sent, and doubtful items are looked up until they are known."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from dashboard.calls.models import ProviderCall
from dashboard.database import sql
from dashboard.deletions.actions.asking import Asking, By, Refused, asked
from dashboard.deletions.dispatch import agenda, arming, restoring
from dashboard.deletions.dispatch.jobs import wake
from dashboard.deletions.dispatch.settlement import corrected
from dashboard.deletions.models import Deletion, Outcome, State
from dashboard.deletions.moves import mark_tasks, shift_counters


def stop_rest(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Keeps the waiting items. Items that were sent are looked up, and then the deletion is finished."""
    # Items that wait in an older copy of the database may have been sent.
    restoring.notice(now=now)
    with asked(by) as asking:
        _, row = asking.lock(deletion)
        if restoring.is_under_way(row):
            raise Refused(restoring.UNDER_WAY)
        if not (row.is_due(now=now) or row.state == State.PAUSED or row.is_sending):
            raise Refused("Only a running or paused deletion can be stopped.")
        # No other call is made while its row is locked, nor afterwards.
        in_hand = list(ProviderCall.objects.in_hand().filter(deletion=row.uuid).values_list("pk", flat=True))
        changes: dict[str, object] = {"stopped_at": row.stopped_at or now}
        elsewhere = bool(agenda.why_elsewhere(row))
        if row.is_due(now=now) or (row.state == State.PAUSED and not row.paused_by_account and not elsewhere):
            changes |= {"state": State.RUNNING, "paused_reason": ""}
        elif row.is_stopped or elsewhere:
            _leave_unknown(row, asking, now=now)
        Deletion.objects.filter(pk=row.pk).update(**changes)
        wake(now)
        asking.record("deletion.stopped", row, waiting=row.waiting, in_hand=in_hand)
    arming.in_chunks(arming.keep_chunk, deletion, now=now, at_most=2)


def _leave_unknown(deletion: Deletion, asking: Asking, *, now: datetime) -> None:
    """Leaves the doubtful items unknown, so that the deletion can end: look-ups are not possible at another address,
    with another key, or while the account is paused."""
    seen_there = deletion.items.filter(outcome=Outcome.DELETED, there_times__gt=0, verified=None)
    found = list(seen_there.values_list("tracked_id", "kind", "task_id"))
    tracked = [pk for pk, _, _ in found]
    number = seen_there.update(outcome=Outcome.UNKNOWN, evidence=None, open=False, settled_at=now)
    counters: dict[str, int] = {Outcome.DELETED: -number, Outcome.UNKNOWN: number}
    shift_counters(deletion.pk, counters, contradicted=0, topped_up_at=now, said=sql.Sql(f"said - {number:d}"))
    mark_tasks(tracked, outcome=Outcome.UNKNOWN, message="", deletion=deletion.uuid, now=now)
    open_unknown = deletion.items.filter(outcome=Outcome.UNKNOWN, open=True)
    open_unknown.update(open=False, not_before=None, settled_at=now)
    deletion.items.filter(Q(not_before__isnull=False) | Q(claim__isnull=False)).update(
        not_before=None, claim=None, inspection=None
    )
    waiting = deletion.items.filter(outcome=Outcome.WAITING, touched=True)
    moved = waiting.update(outcome=Outcome.UNKNOWN, open=False, settled_at=now)
    shift_counters(deletion.pk, {Outcome.WAITING: -moved, Outcome.UNKNOWN: moved})
    for _, kind, task in found if deletion.checked_at else []:
        asking.record_consequence(deletion, *corrected(kind, task, Outcome.DELETED, Outcome.UNKNOWN, ""))
