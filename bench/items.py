"""Items of a deletion by one bare statement, past the product. Needs Django set up."""

from __future__ import annotations

from django.db import connection, transaction

from bench import registers
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.inventory.models import TrackedTask

ITEMS = DeletionItem._meta.db_table
TASKS = TrackedTask._meta.db_table


def insert(deletion: Deletion, *, outcome: str, after: int = 0, number: int, **others: object) -> None:
    """The next `number` tasks behind the row `after`; `outcome` is SQL, and what is not named is as in a new row."""
    copied = {"tracked_id": "id", "kind": "kind", "task_id": "task_id", "outcome": outcome}
    values = registers.values_of_a_new_row(DeletionItem) | {"deletion_id": deletion.pk, **others}
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
