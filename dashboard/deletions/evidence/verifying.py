"""Look-ups of tasks with a Success. One that is still there raises an alarm, and then all of them are looked up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from dashboard.calls.judging import Finding
from dashboard.database import sql
from dashboard.database.sql import Sql
from dashboard.deletions.dispatch.ending import end_or_alarm
from dashboard.deletions.dispatch.settlement import Settlement, not_said
from dashboard.deletions.evidence.doubtful import SAID_SUCCESS
from dashboard.deletions.evidence.proof import Found, is_gone
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from dashboard.deletions.moves import ITEMS, change_items, shift_counters

Picked = DeletionItem.Picked

AGAIN_AFTER = (5.0, 20.0)
"""Seconds between look-ups of a task that has a Success and is still there, before that is an alarm."""
CHUNK = 250


def conclude(work: Settlement, found: Found) -> None:
    item, steady = found.item, found.witnessed and not found.item.there_times
    if found.finding == Finding.THERE:
        _still_there(work, found)
    elif is_gone(work, found, times=1 if steady else 2):
        change_items([item.pk], {"claim": None, "not_before": None, "verified": "gone", **found.seen})
        settled = {"contradicted": Sql("contradicted - 1")} if item.there_times else {}
        sampled = {"sample_gone": Sql("sample_gone + 1")} if item.picked == Picked.RANDOM else {}
        shift_counters(work.deletion.pk, {}, **settled, **sampled, **not_said(item))
        if item.there_times:
            # Look-ups lag behind deletes here, so later ones are made later.
            work.lags.append((found.at - (item.settled_at or found.at)).total_seconds())


def _still_there(work: Settlement, found: Found) -> None:
    item, before = found.item, found.item.there_times or 0
    if before < len(AGAIN_AFTER):
        again = work.now + timedelta(seconds=AGAIN_AFTER[before])
        change_items([item.pk], {"claim": None, "there_times": before + 1, "gone_times": 0, "not_before": again})
        if not before:
            shift_counters(work.deletion.pk, {}, contradicted=Sql("contradicted + 1"))
            work.note_trouble()
        return
    sampled = {"sample_there": Sql("sample_there + 1")} if item.picked == Picked.RANDOM else {}
    shift_counters(work.deletion.pk, {}, contradicted=Sql("contradicted - 1"), **sampled, **not_said(item))
    work.condemn(item)
    work.close([item], Outcome.REFUSED, message=SAID_SUCCESS, verified="present", **found.seen)


def condemn_chunk(deletion: Deletion, *, now: datetime, size: int | None = None) -> bool:
    """After a false Success: marks the next items with a Success for a look-up. False when all are marked."""
    with transaction.atomic():
        row = Deletion.objects.filter(pk=deletion.pk, condemned_at__isnull=False).select_for_update().first()
        if row is None or row.condemned_through >= row.last_item:
            return False
        # In the order of the index `item_by_outcome`.
        found = sql.rows(
            f"""SELECT id, evidence = 'said' AND not_before IS NULL AND COALESCE(claim, call_id) IS NULL
            FROM {ITEMS} WHERE deletion_id = %s AND outcome = %s AND id > %s ORDER BY id LIMIT %s""",  # nosec B608 # only names from the code
            row.pk,
            Outcome.DELETED,
            row.condemned_through,
            size or CHUNK,
        )
        keys = [pk for pk, unseen in found if unseen]
        picked = Sql(f"COALESCE(picked, '{Picked.BESIDES}')")
        change_items(keys, {"picked": picked, "not_before": now, "failures": 0, "there_times": 0})
        last = found[-1][0] if len(found) == (size or CHUNK) else row.last_item
        shift_counters(row.pk, {}, condemned_through=last)
        end_or_alarm(row.pk, now=now)
    return True
