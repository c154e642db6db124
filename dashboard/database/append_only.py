"""Triggers that make the audit log append-only for every program that connects to the database.

SQLite rebuilds a table to alter it and drops its triggers silently: a migration that alters `audit_auditevent` must end
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
    """One sentence for each trigger that is missing or was changed, or for a view in place of the table."""
    with connection.cursor() as cursor:
        if any(one.name == TABLE and one.type == "v" for one in connection.introspection.get_table_list(cursor)):
            return [f"{TABLE} is a view: no trigger guards what it shows."]
    lacking = [f"The trigger {name} is missing." for name in missing(connection)]
    return lacking + [f"The trigger {name} is not ours." for name in altered(connection)]


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Allows changes of entries, in a transaction that ends with all triggers in place or is rolled back."""
    name = "audit_event_no_update"
    if connection.vendor == "postgresql":
        # Dropping it would wait for all readers, such as a backup, and block all that come later.
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {name}")
            yield
            cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER {name}")
    else:
        triggers.drop(connection, TABLE, [name])
        yield
        triggers.put(connection, TABLE, {name: SQLITE[name]})


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that are missing; none before the table exists."""
    if TABLE not in connection.introspection.table_names():
        return []
    return triggers.missing(connection, TABLE, _wanted(connection))


def altered(connection: BaseDatabaseWrapper) -> list[str]:
    """Triggers on the table that are not ours or were changed, and the function of ours if it was changed."""
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
