"""Creates, drops and checks a table's triggers. SQLite rebuilds a table to alter it, and drops them silently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def put(connection: BaseDatabaseWrapper, table: str, wanted: Mapping[str, str]) -> None:
    """Makes the triggers anew: `wanted` maps each name to the rest of its CREATE statement."""
    drop(connection, table, wanted)
    with connection.cursor() as cursor:
        for name, body in wanted.items():
            cursor.execute(f"CREATE TRIGGER {name} {body}")


def drop(connection: BaseDatabaseWrapper, table: str, names: Iterable[str]) -> None:
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def missing(connection: BaseDatabaseWrapper, table: str, names: Iterable[str]) -> list[str]:
    """The triggers in `names` that are missing on a table, or disabled."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')", [table]
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        standing = {row[0] for row in cursor.fetchall()}
    return [name for name in names if name not in standing]
