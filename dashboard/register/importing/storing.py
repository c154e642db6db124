"""Rows into the register, thousands at a time: the database reads them from one JSON text and does the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from dashboard.database import prompt_reading
from dashboard.register.importing.cells import fields
from dashboard.register.importing.cells.entries import Row
from dashboard.register.inserting import TABLE, insert_select

KEY = ("kind", "task_id")
VALUES = ("status", "model", "prompt", "urls", "width", "height", "duration", "error", "created_at", "created_raw")
TYPES = {"width": "integer", "height": "integer", "duration": "double precision", "created_at": "timestamptz"}
"""Of what PostgreSQL does not take as text. SQLite takes what JSON says."""


def packed(rows: Iterable[Row]) -> str:
    """`[[kind, task_id, status, …], …]`, with null for what a row does not give."""
    return _written([[row.kind, row.task_id, *map(row.values.get, VALUES)] for row in rows])


def fitted(rows: str) -> str:
    """Packed rows, cut where an older version, which knew no bounds, packed more than the register holds."""
    cells, is_cut = json.loads(rows), False
    for row in cells:
        given = zip(VALUES, row[len(KEY) :], strict=True)
        values = {name: value for name, value in given if value is not None}
        if fields.fit(values):
            row[len(KEY) :], is_cut = map(values.get, VALUES), True
    return _written(cells) if is_cut else rows


def _written(cells: list[list[Any]]) -> str:
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))


def known(rows: str) -> int:
    """How many of these packed rows the register already has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {_given()} JOIN {TABLE} t ON {_SAME}", [rows])  # nosec B608 # pieces from the code, values beside them
        count: int = cursor.fetchone()[0]
        return count


def store(rows: str, *, number: int, now: datetime) -> tuple[int, int]:
    """Adds or updates these packed rows, and returns how many of each.

    Only what a row gives is written. Presence, outcome and hold are never touched: an import knows nothing of them.
    """
    # One order for all, so that two imports of the same tasks wait for each other instead of deadlocking.
    new = f"NOT EXISTS (SELECT 1 FROM {TABLE} t WHERE {_SAME})"  # nosec B608 # only names from the code
    source = f"FROM {_given()} WHERE {new} ORDER BY g.kind, g.task_id ON CONFLICT (kind, task_id) DO NOTHING"
    insert, defaults = insert_select({name: f"g.{name}" for name in KEY + VALUES}, source=source, now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(insert, [*defaults, rows])
        added: int = cursor.rowcount
        if added < number:
            _update(rows)
        prompt_reading.keep_up()
    return added, number - added


def _update(rows: str) -> None:
    """Writes what these rows say otherwise than the register. What is as it was costs a look."""
    differs = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"COALESCE(g.{name}, t.{name}) {differs} t.{name}" for name in VALUES)
    values = ", ".join(f"{name} = COALESCE(g.{name}, t.{name})" for name in VALUES)
    with connection.cursor() as cursor:
        if connection.features.has_select_for_update:
            # By primary key, as a deletion locks its tasks.
            lock = (
                f"SELECT t.id FROM {_given()} JOIN {TABLE} t ON {_SAME} WHERE {changed} ORDER BY t.id FOR UPDATE OF t"  # nosec B608 # pieces from the code, values beside them
            )
            cursor.execute(lock, [rows])
            if not cursor.rowcount:
                return
        update = f"UPDATE {TABLE} AS t SET {values} FROM {_given()} WHERE {_SAME} AND ({changed})"  # nosec B608 # pieces from the code, values beside them
        cursor.execute(update, [rows])


_SAME = "t.kind = g.kind AND t.task_id = g.task_id"


def _given() -> str:
    """The packed rows as a table `g`; the one thing in which the databases differ."""
    postgresql = connection.vendor == "postgresql"
    columns = [
        f"{_cell_on_postgresql(name, index) if postgresql else _cell_on_sqlite(name, index)} AS {name}"
        for index, name in enumerate(KEY + VALUES)
    ]
    each = "jsonb_array_elements(%s::jsonb) AS r(value)" if postgresql else "json_each(%s)"
    return f"(SELECT {', '.join(columns)} FROM {each}) AS g"  # nosec B608 # pieces from the code, values beside them


def _cell_on_postgresql(name: str, index: int) -> str:
    if name == "urls":
        return f"NULLIF(value->{index}, 'null'::jsonb)"
    return f"(value->>{index})::{TYPES.get(name, 'text')}"


def _cell_on_sqlite(name: str, index: int) -> str:
    cell = f"json_extract(value, '$[{index}]')"
    if name == "created_at":
        # Django's own way to write a time there; rows have it in UTC, as 2026-01-30T12:00:00+00:00.
        return f"REPLACE(SUBSTR({cell}, 1, LENGTH({cell}) - 6), 'T', ' ')"
    return cell
