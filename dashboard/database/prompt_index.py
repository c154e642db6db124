"""The prompts that searches read, in tables of their own: a deletion that writes to a task must not touch them.

`register_prompts` contains each prompt folded, and alone decides what a search finds. An index beside it only proposes
tasks: on SQLite `register_grams`, an FTS5 table, on PostgreSQL a GIN index.

Folding needs Python. Triggers record new and changed tasks in `register_unread` at every write, and
`prompt_reading.keep_up` folds those: code that writes many tasks calls it in the same transaction, and every search
calls it first. A migration that alters `register_trackedtask` must end with `create(schema_editor.connection)`, since
SQLite drops a table's triggers when it alters the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction
from django.db.migrations.recorder import MigrationRecorder

from dashboard.database import grams, prompt_reading, triggers
from dashboard.database.listed import TASKS
from dashboard.database.prompt_reading import GRAMS, NUMBERS, POSTGRESQL_SLOT, TABLE, UNREAD

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

MIGRATION = ("register", "0002_triggers")
INDEX = "register_prompts_grams"

SQLITE_TABLES = (
    f"CREATE TABLE {TABLE} (rowid INTEGER PRIMARY KEY, slot INTEGER NOT NULL, folded TEXT NOT NULL)",
    f"CREATE TABLE {UNREAD} (task_id INTEGER PRIMARY KEY)",
    # The rows are in the order of slots. Without positions within the text the index has a third of the size.
    f"""CREATE VIRTUAL TABLE {GRAMS} USING fts5(
        grams, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '{grams.MARKS}'")""",
)
# Parts of the index are merged when there are eight of a size, not four, so that less is written twice.
_SELDOM_MERGED = f"INSERT INTO {GRAMS} ({GRAMS}, rank) VALUES ('automerge', 8)"  # nosec B608 # only names from the code
_NOTE = f"INSERT OR IGNORE INTO {UNREAD} (task_id) VALUES (NEW.id);"
_FORGET = f"DELETE FROM {TABLE} WHERE rowid = OLD.id; DELETE FROM {UNREAD} WHERE task_id = OLD.id;"  # nosec B608 # only names from the code
_CHANGED = "NEW.prompt IS NOT OLD.prompt OR NEW.created_at IS NOT OLD.created_at"
SQLITE = {
    "register_prompts_added": f"AFTER INSERT ON {TASKS} BEGIN {_NOTE} END",
    "register_prompts_removed": f"AFTER DELETE ON {TASKS} BEGIN {_FORGET} END",
    "register_prompts_changed": f"AFTER UPDATE OF prompt, created_at ON {TASKS} WHEN {_CHANGED} BEGIN {_NOTE} END",
}

# Printable ASCII with single blanks: folding it is lower-casing, which needs no Python.
_PLAIN = r"""prompt COLLATE "C" !~ '[^ -~]|  |^ | $'"""


def _read(table: str) -> str:
    """SQL that stores a table's plain prompts and records the others as unread. Each prompt is read once."""
    return f"""
        WITH judged AS MATERIALIZED (
            SELECT id, {POSTGRESQL_SLOT} AS slot, {_PLAIN} AS plain, lower(prompt COLLATE "C") AS small FROM {table}),
        noted AS (
            INSERT INTO {UNREAD} SELECT id FROM judged WHERE NOT plain ON CONFLICT DO NOTHING)
        INSERT INTO {TABLE} (rowid, slot, folded, grams)
        SELECT id, slot, small, {grams.rare_numbers("small")} FROM judged WHERE plain
        ON CONFLICT (rowid) DO UPDATE SET slot = EXCLUDED.slot, folded = EXCLUDED.folded, grams = EXCLUDED.grams"""  # nosec B608 # only names from the code


POSTGRESQL_TABLES = (
    f"""CREATE TABLE {TABLE} (
        rowid bigint PRIMARY KEY, slot integer NOT NULL, folded text COLLATE "C" NOT NULL, grams integer[])""",
    f"CREATE TABLE {UNREAD} (task_id bigint PRIMARY KEY)",
)
POSTGRESQL_INDEX = f"""
    CREATE INDEX {INDEX} ON {TABLE} USING gin (({grams.slot_keys("slot")}), ({NUMBERS}), folded gin_trgm_ops)"""
POSTGRESQL_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION register_prompts_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            {_read("added")};
        ELSIF TG_OP = 'UPDATE' THEN
            INSERT INTO {UNREAD} VALUES (NEW.id) ON CONFLICT DO NOTHING;
        ELSIF TG_OP = 'DELETE' THEN
            DELETE FROM {TABLE} WHERE rowid = OLD.id;
            DELETE FROM {UNREAD} WHERE task_id = OLD.id;
        ELSE
            TRUNCATE {TABLE}, {UNREAD};
        END IF;
        RETURN NULL;
    END $$"""  # nosec B608 # only names from the code
_KEEP = "EXECUTE FUNCTION register_prompts_keep()"
POSTGRESQL = {
    # By statement, since a million rows come in few statements. `register_prompts_changed` fires for the rows that ON
    # CONFLICT updates.
    "register_prompts_added": f"""
        AFTER INSERT ON {TASKS} REFERENCING NEW TABLE AS added FOR EACH STATEMENT {_KEEP}""",
    "register_prompts_removed": f"AFTER DELETE ON {TASKS} FOR EACH ROW {_KEEP}",
    "register_prompts_changed": f"""
        AFTER UPDATE OF prompt, created_at ON {TASKS} FOR EACH ROW
        WHEN (NEW.prompt IS DISTINCT FROM OLD.prompt OR NEW.created_at IS DISTINCT FROM OLD.created_at) {_KEEP}""",
    "register_prompts_emptied": f"AFTER TRUNCATE ON {TASKS} FOR EACH STATEMENT {_KEEP}",
}


def create(connection: BaseDatabaseWrapper) -> None:
    """Makes all tables and triggers anew, because writes while a trigger was missing are unknown."""
    drop(connection)
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for table in POSTGRESQL_TABLES if postgresql else SQLITE_TABLES:
            cursor.execute(table)
    quicken(connection)
    triggers.put(connection, TASKS, _wanted(connection))
    with connection.cursor() as cursor:
        cursor.execute(_read(TASKS) if postgresql else f"INSERT INTO {UNREAD} SELECT id FROM {TASKS}")  # nosec B608 # only names from the code
    prompt_reading.keep_up(connection.alias)
    if postgresql:
        _index(connection)


def quicken(connection: BaseDatabaseWrapper) -> None:
    """Sets how the index is written, which does not change its content."""
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL_FUNCTION if connection.vendor == "postgresql" else _SELDOM_MERGED)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drops tables and triggers. The extension stays, because other programs may use it."""
    drop_triggers(connection)
    with connection.cursor() as cursor:
        for table in (TABLE, UNREAD, GRAMS):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION IF EXISTS register_prompts_keep()")


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    triggers.drop(connection, TASKS, _wanted(connection))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables and triggers that are missing; none before their migration has run."""
    if MIGRATION not in MigrationRecorder(connection).applied_migrations():
        return []
    wanted = [TABLE, UNREAD] if connection.vendor == "postgresql" else [TABLE, UNREAD, GRAMS]
    standing = connection.introspection.table_names()
    return [table for table in wanted if table not in standing] + triggers.missing(
        connection, TASKS, _wanted(connection)
    )


def reads_every_prompt(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL lacks `pg_trgm`: searching then works, but reads all prompts."""
    if connection.vendor != "postgresql" or TABLE not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [INDEX])
        return bool(cursor.fetchone()[0])


def _index(connection: BaseDatabaseWrapper) -> None:
    """Creates the index, if `pg_trgm` exists or may be created. Without it no prompt is indexed."""
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL_INDEX)


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE
