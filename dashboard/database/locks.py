"""Waiting for locks of others. On SQLite there is little to do: a transaction that began has every lock."""

from __future__ import annotations

from typing import TypeVar

from django.db import OperationalError, connection
from django.db.models import Model, QuerySet

from dashboard.database import sql

PATIENCE = "3s"
LOCK_NOT_AVAILABLE = "55P03"
Row = TypeVar("Row", bound=Model)


def wait_briefly() -> None:
    """Limits the wait for a lock in this transaction to `PATIENCE`, since other transactions wait behind it."""
    if connection.vendor == "postgresql":
        sql.change(f"SET LOCAL lock_timeout = '{PATIENCE}'")


def wait_for_writers(table: str) -> None:
    """Waits for transactions that are writing to a table; later writers wait for the end of this transaction."""
    wait_briefly()
    if connection.vendor == "postgresql":
        sql.change(f"LOCK TABLE {table} IN SHARE MODE")


def waited_too_long(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE


def first_free(rows: QuerySet[Row]) -> Row | None:
    """Locks and returns the first row that is not locked. SQLite has no row locks to skip."""
    return rows.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked).first()


def lock(select: str, table: str, *values: object) -> int | None:
    """Locks the rows of `table` in the order of `select`, and returns their number. Does nothing on SQLite (None)."""
    if not connection.features.has_select_for_update:
        return None
    return sql.change(f"{select}{sql.for_update(table)}", *values)
