"""Registers of any size, items of their tasks, and people. Needs Django set up."""

from __future__ import annotations

from io import StringIO
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model

from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register.models import Presence, TrackedTask

TASKS, ITEMS = TrackedTask._meta.db_table, DeletionItem._meta.db_table


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def make(rows: int) -> None:
    """Sample tasks, all present and none held, so that no list hides and no deletion skips one."""
    migrate()
    call_command("sample_tasks", count=rows, stdout=StringIO())
    TrackedTask.objects.exclude(presence=Presence.PRESENT).update(presence=Presence.PRESENT)
    TrackedTask.objects.held().update(held_by="", held_reason="")
    settle(TrackedTask)
    assert TrackedTask.objects.count() == rows


def insert_items(deletion: Deletion, *, outcome: str, after: int = 0, number: int, **others: object) -> None:
    """Inserts items of the next `number` tasks behind the row `after`, by one bare statement.

    `outcome` is SQL, and other columns are as in a new row.
    """
    copied = {"tracked_id": "id", "kind": "kind", "task_id": "task_id", "outcome": outcome}
    values = values_of_a_new_row(DeletionItem) | {"deletion_id": deletion.pk, **others}
    constants = {name: value for name, value in values.items() if name not in copied}
    names = ", ".join(f'"{name}"' for name in [*constants, *copied])
    holes = ", ".join(["%s"] * len(constants))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ITEMS} ({names}) SELECT {holes}, {', '.join(copied.values())} FROM {TASKS} "
            "WHERE id > %s ORDER BY id LIMIT %s",  # nosec B608 # pieces from the code, values beside them
            [*constants.values(), after, number],
        )
        assert cursor.rowcount == number


def values_of_a_new_row(model: type[Model]) -> dict[str, Any]:
    """The values of a new row for all columns that are required, except the key."""
    fields = (
        field for field in model._meta.concrete_fields if not (field.null or field.primary_key or field.generated)
    )
    return {str(field.column): field.get_default() for field in fields}


def settle(*filled: type[Model]) -> None:
    """Does at once the maintenance that the database does by itself within minutes.

    On PostgreSQL only tables that were filled are analysed, as it does by itself: a table that it knows to be empty
    would be read from end to end for every row of a statement that fills it.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in filled:
                cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")
            cursor.execute("CHECKPOINT")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def person(name: str) -> User:
    """A person with all rights, Django's admin included."""
    return User.objects.create_superuser(username=name)
