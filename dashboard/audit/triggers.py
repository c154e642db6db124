"""Triggers that keep the audit log append-only, whatever connects to the database.

SQLite rebuilds a table to alter it and drops its triggers silently: a migration that alters `audit_auditevent` ends
with `create(schema_editor.connection)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "audit_auditevent"
REFUSAL = "The audit log is append-only."

SQLITE = {
    "audit_event_no_update": f"""
        CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    "audit_event_no_delete": f"""
        CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    # INSERT OR REPLACE deletes the old row without firing its DELETE trigger.
    "audit_event_no_replace": f"""
        CREATE TRIGGER audit_event_no_replace BEFORE INSERT ON {TABLE}
        WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE sequence = NEW.sequence)
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
}
POSTGRESQL_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"""
POSTGRESQL = {
    f"audit_event_no_{verb.lower()}": f"""
        CREATE TRIGGER audit_event_no_{verb.lower()} BEFORE {verb} ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()"""
    for verb in ("UPDATE", "DELETE", "TRUNCATE")
}


def create(connection: BaseDatabaseWrapper) -> None:
    drop(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION)
        for statement in _wanted(connection).values():
            cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in _wanted(connection):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION IF EXISTS audit_event_refuse()")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that should stand and don't; none before the table exists."""
    if TABLE not in connection.introspection.table_names():
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')", [TABLE]
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
        standing = {row[0] for row in cursor.fetchall()}
    return [name for name in _wanted(connection) if name not in standing]


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE
