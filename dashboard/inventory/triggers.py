"""Triggers on the register's table. SQLite rebuilds a table to alter it, and drops them silently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db.migrations.recorder import MigrationRecorder

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TASKS = "inventory_trackedtask"


def put(connection: BaseDatabaseWrapper, wanted: Mapping[str, str]) -> None:
    """Makes them anew: `wanted` maps each name to what follows it in the statement."""
    drop(connection, wanted)
    with connection.cursor() as cursor:
        for name, body in wanted.items():
            cursor.execute(f"CREATE TRIGGER {name} {body}")


def drop(connection: BaseDatabaseWrapper, names: Iterable[str]) -> None:
    on_table = f" ON {TASKS}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def missing(connection: BaseDatabaseWrapper, wanted: Iterable[str], *, since: tuple[str, str]) -> list[str]:
    """Triggers and tables that should stand and don't; none before the migration that makes them has run."""
    if since not in MigrationRecorder(connection).applied_migrations():
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')", [TASKS]
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TASKS])
        standing = {row[0] for row in cursor.fetchall()} | set(connection.introspection.table_names(cursor))
    return [name for name in wanted if name not in standing]
