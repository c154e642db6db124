"""The planner's statistics of the register. Code that adds or changes thousands of tasks refreshes them afterwards."""

from __future__ import annotations

from django.db import connection

from dashboard.database.listed import TASKS
from dashboard.database.prompt_reading import TABLE

MANY = 10_000
"""The number of changed tasks that makes a refresh worth its cost."""


def refresh_after(changed: int) -> None:
    """Call it outside of a transaction."""
    if changed >= MANY:
        refresh()


def refresh() -> None:
    """SQLite never gathers statistics by itself, PostgreSQL minutes later."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # SQLite reads this many entries of each index, instead of all.
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute(f"ANALYZE {TASKS}")
        else:
            # Counting by an index alone needs the visibility map, which only VACUUM writes.
            cursor.execute(f"VACUUM (ANALYZE) {TASKS}, {TABLE}")
