"""Folds prompts that were written since the last time, and puts them into the index (`prompt_index.py`)."""

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
"""A prompt's numbers in PostgreSQL's index: most prompts are plain, and have no numbers in the table."""
AT_ONCE = 5000
"""Prompts that are read in one step."""
PORTION = 2_000_000
"""Characters of prompts in one statement: the pieces of 450 long prompts took 3 GB of memory."""
NUMBER_BITS = 32
"""Bits of a task's number in its place in SQLite's index, where the slot comes first. Numbers stay below four billion.
Eight bits more made the index a twelfth larger.
"""
UNTIMED = 1_000_000_000
"""The first slot of tasks of unknown time. They come after all times, in the order of their numbers."""
NUMBERS_A_SLOT = 1024
SLOT = {"sqlite": timedelta(days=1), "postgresql": timedelta(days=1) / 256}
"""The time that one slot covers. Shorter slots would make SQLite's index larger."""
BEGIN = datetime(1, 1, 1, tzinfo=UTC)
_SECONDS = -int(BEGIN.timestamp())
SQLITE_SLOT = f"""COALESCE(
    CAST(julianday(SUBSTR(t.created_at, 1, 10)) - 1721425.5 AS INTEGER), {UNTIMED} + t.id / {NUMBERS_A_SLOT})"""
# `div`, not a quotient and its floor: the quotient is rounded first, into the next slot at the end of a slot.
POSTGRESQL_SLOT = f"""COALESCE(
    div(EXTRACT(EPOCH FROM created_at) + {_SECONDS}, {SLOT["postgresql"].total_seconds()})::integer,
    {UNTIMED} + (id / {NUMBERS_A_SLOT})::integer)"""


def keep_up(alias: str = "default") -> int:
    """Reads all unread prompts; returns the highest number of a task. Of two processes that do this at the same time,
    one waits and then finds nothing to read."""
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
    """A task's slot: by its time, or by its number if the time is unknown."""
    if moment is None:
        return UNTIMED + number // NUMBERS_A_SLOT
    return (moment - BEGIN) // SLOT[connection.vendor]


def slots_between(one: tuple[datetime | None, int], other: tuple[datetime | None, int]) -> float:
    """The distance in slots of two tasks that both have a time, or both have none."""
    (moment, number), (other_moment, other_number) = one, other
    if moment is None or other_moment is None:
        return abs(number - other_number) / NUMBERS_A_SLOT
    return abs(moment - other_moment) / SLOT[connection.vendor]


def place(slot: int, number: int) -> int:
    return slot << NUMBER_BITS | number


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Groups rows, whose last field is the prompt, so that a group stays within `PORTION`."""
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
    # In the order of their places: FTS5 starts a new part for each place that is before the last one.
    for rows in _portions(sorted(cursor.fetchall(), key=lambda row: place(row[1], row[0]))):
        prompts, stale, fresh = [], [], []
        for number, slot, slot_before, folded_before, prompt in rows:
            folded = fold(prompt)
            if folded_before is not None:
                # FTS5 removes a prompt only if it is given the same pieces.
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
