"""Waiting for what others have locked. On SQLite there is little to say: a transaction that began has every lock."""

from __future__ import annotations

from typing import TypeVar

from django.db import OperationalError, connection
from django.db.models import Model, QuerySet

from dashboard.database import sql

PATIENCE = "3s"
LOCK_NOT_AVAILABLE = "55P03"
Row = TypeVar("Row", bound=Model)


def wait_briefly() -> None:
    """For the rest of this transaction. Others wait behind us as long as we do."""
    if connection.vendor == "postgresql":
        sql.change(f"SET LOCAL lock_timeout = '{PATIENCE}'")


def wait_for_writers(table: str) -> None:
    """For those who have begun to write to a table; who comes later waits for the end of this transaction."""
    wait_briefly()
    if connection.vendor == "postgresql":
        sql.change(f"LOCK TABLE {table} IN SHARE MODE")


def waited_too_long(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE


def first_free(rows: QuerySet[Row]) -> Row | None:
    """The first that nobody else has locked; it is locked now. SQLite's transactions have no rows to skip."""
    return rows.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked).first()


def lock(select: str, table: str, *values: object) -> int | None:
    """Locks the rows of `table` in the order in which they are selected, and tells how many there are. None on SQLite,
    where nothing is asked."""
    if not connection.features.has_select_for_update:
        return None
    return sql.change(f"{select}{sql.for_update(table)}", *values)
