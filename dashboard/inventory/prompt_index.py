"""The text index of the prompts, apart from the register: what a deletion writes to a task must not touch it.

`inventory_prompts` is an FTS5 table on SQLite, and on PostgreSQL a narrow table with a `pg_trgm` index. Triggers keep
it in step. A migration that alters `inventory_trackedtask` ends with `create(schema_editor.connection)`, since SQLite
drops a table's triggers with that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction
from django.db.migrations.recorder import MigrationRecorder

from dashboard import triggers
from dashboard.inventory.listed import TASKS

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

MIGRATION = ("inventory", "0004_index_prompts")
TABLE = "inventory_prompts"
TRIGRAMS = "inventory_prompts_trigrams"

_ADD = f"INSERT INTO {TABLE} (rowid, prompt) VALUES (NEW.id, NEW.prompt);"  # nosec B608 # only names from the code
_REMOVE = f"INSERT INTO {TABLE} ({TABLE}, rowid, prompt) VALUES ('delete', OLD.id, OLD.prompt);"  # nosec B608 # only names from the code
SQLITE_TABLE = f"""
    CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE}
    USING fts5(prompt, content='{TASKS}', content_rowid='id', tokenize='trigram')"""
SQLITE = {
    "inventory_prompts_added": f"AFTER INSERT ON {TASKS} BEGIN {_ADD} END",
    "inventory_prompts_removed": f"AFTER DELETE ON {TASKS} BEGIN {_REMOVE} END",
    "inventory_prompts_changed": f"""
        AFTER UPDATE OF prompt ON {TASKS} WHEN NEW.prompt IS NOT OLD.prompt BEGIN {_REMOVE} {_ADD} END""",
}

POSTGRESQL_TABLE = f"CREATE TABLE IF NOT EXISTS {TABLE} (rowid bigint PRIMARY KEY, prompt text NOT NULL)"
# What Django writes for `icontains` is what the index holds.
POSTGRESQL_INDEX = f"CREATE INDEX IF NOT EXISTS {TRIGRAMS} ON {TABLE} USING gin (upper(prompt) gin_trgm_ops)"
POSTGRESQL_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION inventory_prompts_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO {TABLE} SELECT id, prompt FROM added
            ON CONFLICT (rowid) DO UPDATE SET prompt = EXCLUDED.prompt;
        ELSIF TG_OP = 'UPDATE' THEN
            UPDATE {TABLE} SET prompt = NEW.prompt WHERE rowid = NEW.id;
        ELSIF TG_OP = 'DELETE' THEN
            DELETE FROM {TABLE} WHERE rowid = OLD.id;
        ELSE
            TRUNCATE {TABLE};
        END IF;
        RETURN NULL;
    END $$"""  # nosec B608 # only names from the code
_KEEP = "EXECUTE FUNCTION inventory_prompts_keep()"
POSTGRESQL = {
    # By statement, since a million rows come in few; rows that ON CONFLICT updates are told by the third.
    "inventory_prompts_added": f"""
        AFTER INSERT ON {TASKS} REFERENCING NEW TABLE AS added FOR EACH STATEMENT {_KEEP}""",
    "inventory_prompts_removed": f"AFTER DELETE ON {TASKS} FOR EACH ROW {_KEEP}",
    "inventory_prompts_changed": f"""
        AFTER UPDATE OF prompt ON {TASKS} FOR EACH ROW WHEN (NEW.prompt IS DISTINCT FROM OLD.prompt) {_KEEP}""",
    "inventory_prompts_emptied": f"AFTER TRUNCATE ON {TASKS} FOR EACH STATEMENT {_KEEP}",
}


def create(connection: BaseDatabaseWrapper) -> None:
    """Makes what is missing, and fills the index anew: while a trigger was away nobody knows what it missed."""
    drop_triggers(connection)
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL_TABLE if postgresql else SQLITE_TABLE)
        if postgresql:
            cursor.execute(f"TRUNCATE {TABLE}")
            cursor.execute(f"INSERT INTO {TABLE} SELECT id, prompt FROM {TASKS}")  # nosec B608 # only names from the code
            cursor.execute(POSTGRESQL_FUNCTION)
        else:
            cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('rebuild')")  # nosec B608 # only names from the code
    triggers.put(connection, TASKS, _wanted(connection))
    if postgresql and _trigrams_known(connection):
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_INDEX)


def drop(connection: BaseDatabaseWrapper) -> None:
    """The extension stays: somebody else may use it."""
    drop_triggers(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION IF EXISTS inventory_prompts_keep()")


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    triggers.drop(connection, TASKS, _wanted(connection))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The table and triggers that should stand and don't; none before their migration has run."""
    if MIGRATION not in MigrationRecorder(connection).applied_migrations():
        return []
    table = [TABLE] if TABLE not in connection.introspection.table_names() else []
    return table + triggers.missing(connection, TASKS, _wanted(connection))


def reads_every_prompt(connection: BaseDatabaseWrapper) -> bool:
    """True on a PostgreSQL without `pg_trgm`: searching works there, at the price of reading all prompts."""
    if connection.vendor != "postgresql" or TABLE not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [TRIGRAMS])
        return bool(cursor.fetchone()[0])


def _trigrams_known(connection: BaseDatabaseWrapper) -> bool:
    """Whether `pg_trgm` is there, by making it where we may."""
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return False
    return True


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE
