"""Prompts that were written since the last look are read: folded, and put into the index (`prompt_index.py`)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import connections, transaction

from dashboard.folding import fold
from dashboard.inventory import grams
from dashboard.inventory.listed import TASKS

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

TABLE, UNREAD, GRAMS = "inventory_prompts", "inventory_unread", "inventory_grams"
UNREAD_AT_ALL = f"SELECT 1 FROM {UNREAD} LIMIT 1"  # nosec B608 # only names from the code
NUMBERS = f"COALESCE(grams, '{{{grams.PLAIN}}}')"
"""As PostgreSQL's index has a prompt's numbers: most are plain, and so have none in the table."""
AT_ONCE = 5000
"""Prompts that are read in one go."""
NUMBER_BITS = 32
"""Of a task's place in SQLite's index, which is in the order of days: its number, below four billion. Its day is before
that. Eight bits more took a twelfth more room."""
UNKNOWN_DAY = 0
# Days since the first of the year 1, as Python counts them.
POSTGRESQL_DAY = "COALESCE((created_at AT TIME ZONE 'UTC')::date - date '0001-01-01' + 1, 0)"
SQLITE_DAY = "COALESCE(CAST(julianday(SUBSTR(t.created_at, 1, 10)) - 1721424.5 AS INTEGER), 0)"


def keep_up(alias: str = "default") -> None:
    """Two processes may do so at once: one waits for the other, and finds nothing left."""
    while _is_behind(alias):
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            if connections[alias].vendor == "postgresql":
                _read_on_postgresql(cursor)
            else:
                _read_on_sqlite(cursor)


def day_of(moment: datetime | None) -> int:
    return moment.astimezone(UTC).toordinal() if moment else UNKNOWN_DAY


def place(day: int, number: int) -> int:
    return day << NUMBER_BITS | number


def _is_behind(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute(UNREAD_AT_ALL)
        return cursor.fetchone() is not None


def _read_on_sqlite(cursor: CursorWrapper) -> None:
    cursor.execute(
        f"""SELECT t.id, {SQLITE_DAY}, t.prompt, p.day, p.folded
            FROM (SELECT task_id FROM {UNREAD} ORDER BY task_id LIMIT {AT_ONCE}) u
            JOIN {TASKS} t ON t.id = u.task_id LEFT JOIN {TABLE} p ON p.rowid = t.id"""  # nosec B608 # only names from the code
    )
    prompts, stale, fresh = [], [], []
    for number, day, prompt, day_before, folded_before in cursor.fetchall():
        folded = fold(prompt)
        if folded_before is not None:
            # The index forgets a prompt by the same pieces.
            stale.append((place(day_before, number), grams.of(folded_before)))
        prompts.append((number, day, folded))
        fresh.append((place(day, number), grams.of(folded)))
    # In their order: the index begins anew with each place that lies before the last.
    cursor.executemany(f"INSERT INTO {GRAMS} ({GRAMS}, rowid, grams) VALUES ('delete', %s, %s)", sorted(stale))  # nosec B608 # only names from the code
    cursor.executemany(f"INSERT OR REPLACE INTO {TABLE} (rowid, day, folded) VALUES (%s, %s, %s)", prompts)  # nosec B608 # only names from the code
    cursor.executemany(f"INSERT INTO {GRAMS} (rowid, grams) VALUES (%s, %s)", sorted(fresh))  # nosec B608 # only names from the code
    cursor.execute(
        f"DELETE FROM {UNREAD} WHERE task_id IN (SELECT task_id FROM {UNREAD} ORDER BY task_id LIMIT {AT_ONCE})"  # nosec B608 # only names from the code
    )


def _read_on_postgresql(cursor: CursorWrapper) -> None:
    cursor.execute(
        f"""DELETE FROM {UNREAD} WHERE task_id IN (
            SELECT task_id FROM {UNREAD} ORDER BY task_id LIMIT {AT_ONCE} FOR UPDATE) RETURNING task_id"""  # nosec B608 # only names from the code
    )
    numbers = [number for (number,) in cursor.fetchall()]
    cursor.execute(
        f"SELECT id, {POSTGRESQL_DAY}, prompt FROM {TASKS} WHERE id = ANY(%s)",  # nosec B608 # only names from the code
        [numbers],
    )
    prompts = []
    for number, day, prompt in sorted(cursor.fetchall()):
        folded = fold(prompt)
        prompts.append({"rowid": number, "day": day, "folded": folded, "grams": grams.numbered(folded)})
    cursor.execute(
        f"""INSERT INTO {TABLE} (rowid, day, folded, grams)
            SELECT * FROM jsonb_to_recordset(%s::jsonb) AS g (rowid bigint, day integer, folded text, grams integer[])
            ON CONFLICT (rowid) DO UPDATE SET day = EXCLUDED.day, folded = EXCLUDED.folded, grams = EXCLUDED.grams""",  # nosec B608 # only names from the code
        [json.dumps(prompts, ensure_ascii=False)],
    )
