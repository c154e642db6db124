"""Triggers that keep the audit log append-only, whatever connects to the database.

SQLite rebuilds a table to alter it and drops its triggers silently: a migration that alters `audit_auditevent` ends
with `create(schema_editor.connection)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dashboard.database import triggers

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "audit_auditevent"
REFUSAL = "The audit log is append-only."

SQLITE = {
    "audit_event_no_update": f"""
        BEFORE UPDATE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    "audit_event_no_delete": f"""
        BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    # INSERT OR REPLACE deletes the old row without firing its DELETE trigger.
    "audit_event_no_replace": f"""
        BEFORE INSERT ON {TABLE}
        WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE sequence = NEW.sequence)
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",  # nosec B608 # only names from the code
}
POSTGRESQL_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"""
POSTGRESQL = {
    f"audit_event_no_{verb.lower()}": f"""
        BEFORE {verb} ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()"""
    for verb in ("UPDATE", "DELETE", "TRUNCATE")
}


def create(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_FUNCTION)
    triggers.put(connection, TABLE, _wanted(connection))


def drop(connection: BaseDatabaseWrapper) -> None:
    triggers.drop(connection, TABLE, _wanted(connection))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION IF EXISTS audit_event_refuse()")


def wrong(connection: BaseDatabaseWrapper) -> list[str]:
    """A sentence for each that is missing, or is not ours."""
    with connection.cursor() as cursor:
        if any(one.name == TABLE and one.type == "v" for one in connection.introspection.get_table_list(cursor)):
            return [f"{TABLE} is a view: no trigger guards what it shows."]
    lacking = [f"The trigger {name} is missing." for name in missing(connection)]
    return lacking + [f"The trigger {name} is not ours." for name in altered(connection)]


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Lets entries be changed, in a transaction that ends with all triggers standing or is undone."""
    name = "audit_event_no_update"
    if connection.vendor == "postgresql":
        # To drop it would wait for all who read, such as a backup, and hold up everybody behind.
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {name}")
            yield
            cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER {name}")
    else:
        triggers.drop(connection, TABLE, [name])
        yield
        triggers.put(connection, TABLE, {name: SQLITE[name]})


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that should stand and don't; none before the table exists."""
    if TABLE not in connection.introspection.table_names():
        return []
    return triggers.missing(connection, TABLE, _wanted(connection))


def altered(connection: BaseDatabaseWrapper) -> list[str]:
    """Those that stand on the table and do something else; the function that ours call counts as one."""
    if TABLE not in connection.introspection.table_names():
        return []
    wanted = {name: f"CREATE TRIGGER {name} {body}" for name, body in _wanted(connection).items()}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT 'audit_event_refuse', prosrc FROM pg_proc WHERE proname = 'audit_event_refuse'")
            found = cursor.fetchall()
            wanted["audit_event_refuse"] = POSTGRESQL_FUNCTION.split("$$")[1]
            definition = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass"
            cursor.execute(f"{definition} AND NOT tgisinternal", [TABLE])
            found += [(name, re.sub(rf" ON \w+\.{TABLE} ", f" ON {TABLE} ", text)) for name, text in cursor.fetchall()]
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
            found = cursor.fetchall()
    return sorted(name for name, text in found if text.split() != wanted.get(name, "").split())


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE
