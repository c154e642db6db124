"""What the planner knows of the register. Whoever adds or changes tasks by the thousand says so afterwards."""

from __future__ import annotations

from django.db import connection

from dashboard.database.listed import TASKS
from dashboard.database.prompt_reading import TABLE

MANY = 10_000
"""So many changed tasks are worth a new look."""


def refresh_after(changed: int) -> None:
    """To be called in no transaction."""
    if changed >= MANY:
        refresh()


def refresh() -> None:
    """SQLite never gathers statistics by itself, PostgreSQL minutes later."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # So many entries of each index are looked at, instead of all.
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute(f"ANALYZE {TASKS}")
        else:
            # Counting by an index alone needs the visibility map, which only VACUUM writes.
            cursor.execute(f"VACUUM (ANALYZE) {TASKS}, {TABLE}")
