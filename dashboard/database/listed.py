"""`TrackedTask.listed`, the first column of all the list's indexes, is 1 for present and deleting tasks, else 0.

Triggers derive it from the presence at each write. A generated column would do that too, but SQLite then writes every
index of it when the presence changes, and a deletion writes presences that leave `listed` as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.migrations.recorder import MigrationRecorder

from dashboard.database import triggers

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TASKS = "register_trackedtask"
MIGRATION = ("register", "0002_triggers")


def _of(presence: str) -> str:
    return f"CASE WHEN {presence} IN ('present', 'deleting') THEN 1 ELSE 0 END"


_WRONG = f"NEW.listed <> {_of('NEW.presence')}"
_SET = f"UPDATE {TASKS} SET listed = {_of('presence')} WHERE id = NEW.id;"  # nosec B608 # only names from the code
SQLITE = {
    "task_listed_added": f"AFTER INSERT ON {TASKS} WHEN {_WRONG} BEGIN {_SET} END",
    "task_listed_changed": f"AFTER UPDATE OF presence ON {TASKS} WHEN {_WRONG} BEGIN {_SET} END",
}
POSTGRESQL_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION register_task_listed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.listed := {_of("NEW.presence")};
        RETURN NEW;
    END $$"""
_FOLLOW = f"FOR EACH ROW WHEN ({_WRONG}) EXECUTE FUNCTION register_task_listed()"
POSTGRESQL = {
    "task_listed_added": f"BEFORE INSERT ON {TASKS} {_FOLLOW}",
    "task_listed_changed": f"BEFORE UPDATE OF presence ON {TASKS} {_FOLLOW}",
}


def create(connection: BaseDatabaseWrapper) -> None:
    """Creates the triggers, which waits for current writers, and then corrects rows that were written without them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_FUNCTION)
    triggers.put(connection, TASKS, _wanted(connection))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TASKS} SET listed = {_of('presence')} WHERE listed <> {_of('presence')}")  # nosec B608 # only names from the code


def drop(connection: BaseDatabaseWrapper) -> None:
    triggers.drop(connection, TASKS, _wanted(connection))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION IF EXISTS register_task_listed()")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that are missing; none before their migration has run."""
    if MIGRATION not in MigrationRecorder(connection).applied_migrations():
        return []
    return triggers.missing(connection, TASKS, _wanted(connection))


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE
