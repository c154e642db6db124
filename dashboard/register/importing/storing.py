"""Writes rows to the register, thousands at a time: the database reads them from one JSON text."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from dashboard.database import json_rows, locks, prompt_reading, sql
from dashboard.database.dialect import differ
from dashboard.register.holding import taking
from dashboard.register.importing.cells.entries import Row
from dashboard.register.inserting import TABLE, insert_select
from dashboard.register.models import ForgottenTask
from dashboard.register.models.forgotten import WORDS

KEY = ("kind", "task_id")
VALUES = ("status", "model", "prompt", "urls", "width", "height", "duration", "error", "created_at", "created_raw")
TYPES = {
    "urls": "jsonb",
    "width": "integer",
    "height": "integer",
    "duration": "double precision",
    "created_at": "timestamptz",
}
"""Types of columns that are not text."""
FORGOTTEN: str = ForgottenTask._meta.db_table
_SAME = "t.kind = g.kind AND t.task_id = g.task_id"


class Stored(NamedTuple):
    """The number of rows that were new, were there with other values, and were there as they are."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0


def packed(rows: Iterable[Row]) -> str:
    """`[[kind, task_id, status, …], …]`, with null for values that a row lacks."""
    cells = [[row.kind, row.task_id, *map(row.values.get, VALUES)] for row in rows]
    return _text(cells)


def _text(cells: list[list[object]]) -> str:
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))


def known(rows: str) -> int:
    """How many of these packed rows the register already has."""
    [(count,)] = sql.rows(f"SELECT COUNT(*) FROM {_given()} JOIN {TABLE} t ON {_SAME}", rows)  # nosec B608 # pieces from the code, values beside them
    return int(count)


def forgotten(rows: str) -> set[tuple[str, str]]:
    """Those of these packed rows whose words were erased from the register, by kind and id."""
    if not ForgottenTask.objects.exists():
        return set()
    marked = f"EXISTS (SELECT 1 FROM {FORGOTTEN} f WHERE f.task_id = t.id)"  # nosec B608 # only names from the code
    found = sql.rows(f"SELECT t.kind, t.task_id FROM {_given()} JOIN {TABLE} t ON {_SAME} WHERE {marked}", rows)  # nosec B608 # pieces from the code, values beside them
    return {(kind, task_id) for kind, task_id in found}


def without_words(rows: str, tasks: Collection[tuple[str, str]]) -> str:
    """These packed rows, of which those of these tasks have no words."""
    if not tasks:
        return rows
    erased = [place for place, name in enumerate(KEY + VALUES) if name in WORDS]
    cells = json.loads(rows)
    for row in cells:
        if (row[0], row[1]) in tasks:
            for place in erased:
                row[place] = None
    return _text(cells)


def store(rows: str, *, number: int, now: datetime, added_by: str = "") -> Stored:
    """Adds or updates these packed rows.

    Only values that a row has are written, and no words of forgotten tasks. An import never changes presence, outcome,
    hold, or who added a task.
    """
    # The same order for all imports, so that two with the same tasks wait for each other instead of deadlocking.
    new = f"NOT EXISTS (SELECT 1 FROM {TABLE} t WHERE {_SAME})"  # nosec B608 # only names from the code
    source = f"FROM {_given()} WHERE {new} ORDER BY g.kind, g.task_id ON CONFLICT (kind, task_id) DO NOTHING"
    insert, defaults = insert_select(
        {name: f"g.{name}" for name in KEY + VALUES}, source=source, now=now, added_by=added_by
    )
    with transaction.atomic():
        added, updated = sql.change(insert, *defaults, rows), 0
        if added < number:
            # Asked for after the first write, for whose end a forgetting waits.
            updated = _update(without_words(rows, forgotten(rows)))
        prompt_reading.keep_up()
        taking.take_in(lambda: _numbers(rows), now=now)
    return Stored(added, updated, number - added - updated)


def _update(rows: str) -> int:
    """Updates rows of the register whose values differ, and returns how many. Equal rows are only read."""
    changed = " OR ".join(differ(f"COALESCE(g.{name}, t.{name})", f"t.{name}") for name in VALUES)
    values = ", ".join(f"{name} = COALESCE(g.{name}, t.{name})" for name in VALUES)
    # By primary key, like the locks of a deletion.
    select = f"SELECT t.id FROM {_given()} JOIN {TABLE} t ON {_SAME} WHERE {changed} ORDER BY t.id"  # nosec B608 # pieces from the code, values beside them
    if locks.lock(select, "t", rows) == 0:
        return 0
    return sql.change(f"UPDATE {TABLE} AS t SET {values} FROM {_given()} WHERE {_SAME} AND ({changed})", rows)  # nosec B608 # pieces from the code, values beside them


def _numbers(rows: str) -> list[int]:
    return [pk for (pk,) in sql.rows(f"SELECT t.id FROM {_given()} JOIN {TABLE} t ON {_SAME}", rows)]  # nosec B608 # pieces from the code, values beside them


def _given() -> str:
    """The packed rows as a table `g`."""
    return json_rows.table({name: TYPES.get(name, "text") for name in KEY + VALUES}, name="g")
