"""Prompts that were written since the last look are read: folded, and put into the index (`prompt_index.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, connections, transaction

from dashboard.database import grams
from dashboard.database.folding import fold
from dashboard.database.listed import TASKS

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

TABLE, UNREAD, GRAMS = "register_prompts", "register_unread", "register_grams"
Row = tuple[Any, ...]
UNREAD_AT_ALL = f"SELECT 1 FROM {UNREAD} LIMIT 1"  # nosec B608 # only names from the code
NUMBERS = f"COALESCE(grams, '{{{grams.PLAIN}}}')"
"""As PostgreSQL's index has a prompt's numbers: most are plain, and so have none in the table."""
AT_ONCE = 5000
"""Prompts that are read in one go."""
PORTION = 2_000_000
"""Characters of prompts whose pieces are in memory at once, and in one statement: of 450 long ones they took 3 GB."""
NUMBER_BITS = 32
"""Of a task's place in SQLite's index, which is in the order of slots: its number, below four billion. Its slot is
before that. Eight bits more took a twelfth more room."""
UNTIMED = 1_000_000_000
"""The first slot of tasks of unknown time: those lie in the order of their numbers, behind all times."""
NUMBERS_A_SLOT = 1024
SLOT = {"sqlite": timedelta(days=1), "postgresql": timedelta(days=1) / 256}
"""How much time is one slot. Shorter ones would take SQLite's index more room."""
BEGIN = datetime(1, 1, 1, tzinfo=UTC)
_SECONDS = -int(BEGIN.timestamp())
SQLITE_SLOT = f"""COALESCE(
    CAST(julianday(SUBSTR(t.created_at, 1, 10)) - 1721425.5 AS INTEGER), {UNTIMED} + t.id / {NUMBERS_A_SLOT})"""
# A quotient would be rounded before its floor is taken: the last microsecond of a slot fell into the next.
POSTGRESQL_SLOT = f"""COALESCE(
    div(EXTRACT(EPOCH FROM created_at) + {_SECONDS}, {SLOT["postgresql"].total_seconds()})::integer,
    {UNTIMED} + (id / {NUMBERS_A_SLOT})::integer)"""


def keep_up(alias: str = "default") -> int:
    """The highest number of a task. Two processes may do so at once: one waits for the other, and finds nothing."""
    while True:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {UNREAD}), (SELECT max(id) FROM {TASKS})")  # nosec B608 # only names from the code
            is_behind, last = cursor.fetchone()
        if not is_behind:
            return last or 0
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            if connections[alias].vendor == "postgresql":
                _read_on_postgresql(cursor)
            else:
                _read_on_sqlite(cursor)


def slot_of(moment: datetime | None, number: int) -> int:
    """Where a task lies by its time, or by its number where that is unknown."""
    if moment is None:
        return UNTIMED + number // NUMBERS_A_SLOT
    return (moment - BEGIN) // SLOT[connection.vendor]


def slots_between(one: tuple[datetime | None, int], other: tuple[datetime | None, int]) -> float:
    """Of two tasks that both have a time, or none."""
    (moment, number), (other_moment, other_number) = one, other
    if moment is None or other_moment is None:
        return abs(number - other_number) / NUMBERS_A_SLOT
    return abs(moment - other_moment) / SLOT[connection.vendor]


def place(slot: int, number: int) -> int:
    return slot << NUMBER_BITS | number


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows that end with a prompt, few enough to be read together."""
    portion, length = list[Row](), 0
    for row in rows:
        portion.append(row)
        length += len(row[-1])
        if length >= PORTION:
            yield portion
            portion, length = [], 0
    if portion:
        yield portion


def _read_on_sqlite(cursor: CursorWrapper) -> None:
    cursor.execute(
        f"""SELECT t.id, {SQLITE_SLOT}, p.slot, p.folded, t.prompt
            FROM (SELECT task_id FROM {UNREAD} ORDER BY task_id LIMIT {AT_ONCE}) u
            JOIN {TASKS} t ON t.id = u.task_id LEFT JOIN {TABLE} p ON p.rowid = t.id"""  # nosec B608 # only names from the code
    )
    # In their order: the index begins anew with each place that lies before the last.
    for rows in _portions(sorted(cursor.fetchall(), key=lambda row: place(row[1], row[0]))):
        prompts, stale, fresh = [], [], []
        for number, slot, slot_before, folded_before, prompt in rows:
            folded = fold(prompt)
            if folded_before is not None:
                # The index forgets a prompt by the same pieces.
                stale.append((place(slot_before, number), grams.of(folded_before)))
            prompts.append((number, slot, folded))
            fresh.append((place(slot, number), grams.of(folded)))
        cursor.executemany(f"INSERT INTO {GRAMS} ({GRAMS}, rowid, grams) VALUES ('delete', %s, %s)", sorted(stale))  # nosec B608 # only names from the code
        cursor.executemany(f"INSERT OR REPLACE INTO {TABLE} (rowid, slot, folded) VALUES (%s, %s, %s)", prompts)  # nosec B608 # only names from the code
        cursor.executemany(f"INSERT INTO {GRAMS} (rowid, grams) VALUES (%s, %s)", fresh)  # nosec B608 # only names from the code
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
        f"SELECT id, {POSTGRESQL_SLOT}, prompt FROM {TASKS} WHERE id = ANY(%s)",  # nosec B608 # only names from the code
        [numbers],
    )
    for rows in _portions(sorted(cursor.fetchall())):
        prompts = []
        for number, slot, prompt in rows:
            folded = fold(prompt)
            prompts.append({"rowid": number, "slot": slot, "folded": folded, "grams": grams.numbered(folded)})
        cursor.execute(
            f"""INSERT INTO {TABLE} (rowid, slot, folded, grams)
                SELECT * FROM jsonb_to_recordset(%s::jsonb)
                AS g (rowid bigint, slot integer, folded text, grams integer[]) ON CONFLICT (rowid)
                DO UPDATE SET slot = EXCLUDED.slot, folded = EXCLUDED.folded, grams = EXCLUDED.grams""",  # nosec B608 # only names from the code
            [json.dumps(prompts, ensure_ascii=False)],
        )
