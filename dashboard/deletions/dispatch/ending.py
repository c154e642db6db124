"""The end of a deletion: whether all is settled, and which inspections follow."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from dashboard.database import sql
from dashboard.deletions.evidence import sampling
from dashboard.deletions.models import Deletion, Inspection, State
from dashboard.deletions.moves import DELETIONS, ITEMS

SETTLED = f"""id = %s AND (condemned_at IS NULL OR condemned_through >= last_item)
    AND NOT EXISTS (SELECT 1 FROM {ITEMS} WHERE deletion_id = %s AND not_before IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM {ITEMS} WHERE deletion_id + 0 = %s AND claim > 0)"""  # nosec B608 # only names from the code
DONE = f"{SETTLED} AND state IN ('running', 'paused') AND waiting = 0 AND sent = 0"
ALARMED = f"{SETTLED} AND state = 'running' AND condemned_at IS NOT NULL AND alarm_shown_at IS NULL"


def end_or_alarm(deletion_id: int, *, now: datetime) -> None:
    """Ends a deletion that is done. A condemned one whose look-ups are complete is paused before more of it is sent."""
    if finish_if_done(deletion_id, now=now) or not sql.rows(
        f"SELECT 1 FROM {DELETIONS} WHERE {ALARMED}",  # nosec B608 # only names from the code
        *[deletion_id] * 3,
    ):
        return
    deletion = Deletion.objects.get(pk=deletion_id)
    of = deletion.deleted + deletion.alarms
    looked_up = f"{of - deletion.said:,} of {of:,} were looked up, the others brought no answer"
    reason = (
        f"TensorsLab said Success, but {deletion.alarms:,} of these tasks "
        f"{'was' if deletion.alarms == 1 else 'were'} still there. "
        f"{looked_up if deletion.said else f'All {of:,} were looked up'}. "
        "Resume to go on: every success is looked up from now on."
    )
    paused = {"state": State.PAUSED, "paused_reason": reason, "paused_by_account": False, "alarm_shown_at": now}
    sql.update(DELETIONS, paused, ALARMED, *[deletion_id] * 3)


def finish_if_done(deletion_id: int, *, now: datetime) -> bool:
    """Ends a deletion if no item waits, is out, or has a look-up or claim open."""
    of = [deletion_id] * 3
    if not sql.rows(f"SELECT 1 FROM {DELETIONS} WHERE {DONE}", *of):  # nosec B608 # only names from the code
        return False
    [(doubt, lag)] = sql.rows(
        f"SELECT a.doubt, a.lag FROM {DELETIONS} d LEFT JOIN calls_account a ON a.host = d.host WHERE d.id = %s",  # nosec B608 # only names from the code
        deletion_id,
    )
    if not doubt and sampling.top_up(deletion_id, now=now, lag=lag or 0.0):
        return False
    ended = {"state": State.FINISHED, "finished_at": now, "closed_at": None}
    if not sql.update(DELETIONS, ended | {"paused_reason": "", "paused_by_account": False}, DONE, *of):
        return False
    _schedule_inspections(deletion_id, now=now)
    return True


def _schedule_inspections(deletion_id: int, *, now: datetime) -> None:
    deletion = Deletion.objects.get(pk=deletion_id)
    asked = deletion.deleted + deletion.already_gone + deletion.refused + deletion.kept
    if asked and not deletion.inspections.filter(at=None).exists():
        afters = (timedelta(seconds=seconds) for seconds in settings.DELETION_INSPECT_AFTER)
        Inspection.objects.bulk_create(Inspection(deletion=deletion, due_at=now + after) for after in afters)
