"""Which tasks are looked up next. What is asked about is claimed first, so that two workers never ask about the same.

The order: unfinished tasks, newest first; tasks that were never looked up; those whose last look-up is the oldest. Each
part is read in the order of an index, and goes on behind the last row that it read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from dashboard.calls import clock
from dashboard.database import sql
from dashboard.register import selecting
from dashboard.register.inserting import TABLE
from dashboard.register.models import Selection
from dashboard.register.refreshing.allowances import Allowance

FINISHED_EVERY = timedelta(days=1)
"""How often a task is looked up that is not, or not any more, being made."""
UNFINISHED_EVERY = ((timedelta(hours=1), timedelta(minutes=5)), (timedelta(days=1), timedelta(hours=1)))
"""Up to which age an unfinished task is looked up how often. An older one is looked up like a finished one."""
CLAIMED_FOR = timedelta(minutes=5)
"""Nobody else asks about a task for so long, unless its answer is known before: who claimed it may have died."""
AT_ONCE = 64
UNFINISHED = "listed = 1 AND status IN ('queued', 'processing', 'uploading') AND presence <> 'deleting'"
# A deletion looks after its own, and what is missing may come back.
OURS = "deleted_at IS NULL AND presence IN ('present', 'missing')"
"""The conditions of indexes, in the same words, without which SQLite does not use them. What else is asked for is
said so that no other index seems better."""
FREE = "(asked_at IS NULL OR asked_at < %s OR checked_at >= asked_at)"


class Task(NamedTuple):
    pk: int
    kind: str
    task_id: str


class Read(NamedTuple):
    task: Task
    place: Any
    """Where it stands in its part's order."""


Part = Callable[[Any, int, datetime], list[Read]]
"""Reads so many tasks that are behind that place (None: from the beginning) and free at that moment."""


def by_age(now: datetime) -> list[Part]:
    """What is due at this moment by the rule above."""
    steps = "".join(" WHEN COALESCE(created_at, tracked_at) > %s THEN %s" for _ in UNFINISHED_EVERY)
    moments = [now - span for step in UNFINISHED_EVERY for span in step]
    due = f"(checked_at IS NULL OR checked_at < CASE{steps} ELSE %s END)"
    return _parts(due, [*moments, now - FINISHED_EVERY], before=now - FINISHED_EVERY)


def not_since(moment: datetime) -> list[Part]:
    """What was not looked up since then, whatever its age."""
    return _parts("(checked_at IS NULL OR checked_at < %s)", [moment], before=moment)


def of_selection(selection: Selection, *, asked_at: datetime) -> list[Part]:
    """What is selected and was not asked about since somebody wanted that."""

    def read(place: Any, number: int, now: datetime) -> list[Read]:
        rows = selecting.selected(selection).filter(pk__gt=place or 0).exclude(asked_at__gte=asked_at).order_by("pk")
        return [Read(Task(*row), row[0]) for row in rows.values_list("pk", "kind", "task_id")[:number]]

    return [read]


def _parts(unfinished_due: str, values: list[object], *, before: datetime) -> list[Part]:
    return [
        _part(f"{UNFINISHED} AND created_at IS NOT NULL AND {unfinished_due}", values, "created_at", down=True),
        _part(f"{UNFINISHED} AND created_at IS NULL AND {unfinished_due}", values, "created_at", by="id", down=True),
        _part(f"{OURS} AND checked_at IS NULL", [], "tracked_at"),
        _part(f"{OURS} AND checked_at IS NOT NULL AND checked_at < %s", [before], "checked_at"),
    ]


def _part(where: str, values: list[object], first: str, *, by: str = "", down: bool = False) -> Part:
    """Ordered by `first`, then by number. `by` tells the place where all are equal in `first`."""
    by, way = by or first, "DESC" if down else "ASC"
    # Rows at the same place that were read before are claimed by now, and so are not read again.
    behind = f"{by} {'<=' if down else '>='} %s"

    def read(place: Any, number: int, now: datetime) -> list[Read]:
        onward = (f"{where} AND {behind}", [*values, place]) if place is not None else (where, values)
        found = sql.rows(
            f"""SELECT id, kind, task_id, {by} FROM {TABLE} WHERE {onward[0]} AND {FREE}
            ORDER BY {first} {way}, id {way} LIMIT %s""",  # nosec B608 # pieces from the code, values beside them
            *onward[1],
            now - CLAIMED_FOR,
            number,
        )
        return [Read(Task(*row[:3]), row[3] if by == "id" else sql.moment(row[3])) for row in found]

    return read


def portions(parts: Sequence[Part], allowance: Allowance) -> Iterator[list[Task]]:
    """Claims and yields tasks until none is left, or no more calls are allowed."""
    for part in parts:
        place = None
        while number := allowance.take(AT_ONCE):
            found = part(place, number, clock.now())
            claimed = claim([read.task for read in found]) if found else []
            allowance.put_back(number - len(claimed))
            if not found:
                break
            place = found[-1].place
            if claimed:
                yield claimed


def claim(tasks: Collection[Task]) -> list[Task]:
    """Those of these tasks about which nobody else asks now, in the same order."""
    now, keys = clock.now(), sql.array_of([task.pk for task in tasks])
    with transaction.atomic():
        # Locked in the order of their keys, like everywhere.
        free = f"SELECT id FROM {TABLE} WHERE {sql.among('id')} AND {FREE} ORDER BY id{sql.for_update(TABLE)}"  # nosec B608 # only names from the code
        ours = {pk for (pk,) in sql.rows(free, keys, now - CLAIMED_FOR)}
        sql.update(TABLE, {"asked_at": now}, sql.among("id"), sql.array_of(sorted(ours)))
    return [task for task in tasks if task.pk in ours]


def give_back(tasks: Collection[Task]) -> None:
    """Anybody may ask about these again at once."""
    if tasks:
        with transaction.atomic():
            keys = sql.array_of(sorted(task.pk for task in tasks))
            sql.rows(f"SELECT id FROM {TABLE} WHERE {sql.among('id')} ORDER BY id{sql.for_update(TABLE)}", keys)  # nosec B608 # only names from the code
            sql.update(TABLE, {"asked_at": None}, sql.among("id"), keys)
