"""Which tasks are under which holds: rows that are written a set at a time, and what the register shows of them.

Rows are locked in this order, as in an import that a rule takes from: tasks by their keys, then holds by theirs. A
task shows the hold that was there first of those that are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, QuerySet

from dashboard.database import locks, sql
from dashboard.register.models import HeldTask, Hold, HoldRelease, TrackedTask

TASKS, HELD, HOLDS = (model._meta.db_table for model in (TrackedTask, HeldTask, Hold))
_FIRST = f"""(SELECT h.{{}} FROM {HELD} x JOIN {HOLDS} h ON h.id = x.hold_id
    WHERE x.task_id = {TASKS}.id AND x.release_id IS NULL ORDER BY h.id LIMIT 1)"""  # nosec B608 # only names from the code


def lay(hold: Hold, tasks: QuerySet[TrackedTask], *, now: datetime) -> int:
    """Puts a hold on those of these tasks that the register shows, and returns how many did not have it.

    What was once released from it stays released: a rule does not hold it anew.
    """
    found, values = tasks.filter(listed=1).order_by("pk").values("id").query.sql_with_params()
    locks.lock(found, TASKS, *values)
    number = sql.change(
        f"""INSERT INTO {HELD} (task_id, hold_id, held_at) SELECT found.id, %s, %s FROM ({found}) AS found
        WHERE TRUE ON CONFLICT (task_id, hold_id) DO NOTHING""",  # nosec B608 # pieces from the code, values beside them
        hold.pk,
        now,
        *values,
    )
    if not number:
        return 0
    mine = f"SELECT task_id FROM {HELD} WHERE hold_id = %s AND release_id IS NULL"  # nosec B608 # only names from the code
    sql.update(
        TASKS,
        {"held_by": hold.by, "held_reason": hold.reason},
        f"held_by = '' AND id IN ({found}) AND id IN ({mine})",
        *values,
        hold.pk,
    )
    # Who agreed that a task goes despite its holds did not know of this one.
    new = f"SELECT task_id FROM {HELD} WHERE hold_id = %s AND held_at = %s"  # nosec B608 # only names from the code
    sql.update(TASKS, {"overridden_for": None}, f"overridden_for IS NOT NULL AND id IN ({new})", hold.pk, now)
    Hold.objects.filter(pk=hold.pk).update(placed=F("placed") + number, count=F("count") + number)
    return number


def lift(release: HoldRelease, tasks: QuerySet[TrackedTask], *, holds: Sequence[int]) -> int:
    """Takes these tasks from under these holds, or from under all where none is named, and returns how many rows that
    were. What is left of holds is shown then. Which tasks these are must not depend on what is held."""
    found, values = tasks.order_by("pk").values("id").query.sql_with_params()
    locks.lock(found, TASKS, *values)
    some = sql.among("hold_id") if holds else "TRUE"
    given = [sql.array_of(holds)] if holds else []
    mine = f"release_id IS NULL AND task_id IN ({found}) AND {some}"
    number = sql.update(HELD, {"release_id": release.pk}, mine, *values, *given)
    if number:
        _show_what_is_left(release, found, values)
    return number


def _show_what_is_left(release: HoldRelease, found: str, values: Sequence[object]) -> None:
    taken = f"SELECT x.task_id FROM {HELD} x WHERE x.release_id = %s AND x.task_id IN ({found})"  # nosec B608 # pieces from the code, values beside them
    # What a task shows may be no hold of ours: another program wrote it, and it stays.
    shown = f"""EXISTS (SELECT 1 FROM {HELD} x JOIN {HOLDS} h ON h.id = x.hold_id WHERE x.task_id = {TASKS}.id
        AND x.release_id = %s AND h.by = {TASKS}.held_by AND h.reason = {TASKS}.held_reason)"""  # nosec B608 # only names from the code
    left = {name: sql.Sql(f"COALESCE({_FIRST.format(column)}, '')") for name, column in SHOWN.items()}
    sql.update(TASKS, left, f"id IN ({taken}) AND {shown}", release.pk, *values, release.pk)
    per_hold = f"""SELECT x.hold_id, COUNT(*) FROM {HELD} x WHERE x.release_id = %s AND x.task_id IN ({found})
        GROUP BY x.hold_id ORDER BY x.hold_id"""  # nosec B608 # pieces from the code, values beside them
    for pk, number in sql.rows(per_hold, release.pk, *values):
        Hold.objects.filter(pk=pk).update(count=F("count") - number)


SHOWN = {"held_by": "by", "held_reason": "reason"}
"""Columns of a task, and those of the hold from which they come."""
