"""Changes of outcomes: item rows, the deletion's counters and the tasks change together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from dashboard.database import sql
from dashboard.deletions.models import Outcome
from dashboard.register.models import Presence

PRESENCE = {
    Outcome.DELETED: Presence.DELETED,
    Outcome.ALREADY_GONE: Presence.DELETED,
    Outcome.REFUSED: Presence.PRESENT,
    Outcome.KEPT: Presence.PRESENT,
    Outcome.WAITING: Presence.DELETING,
    Outcome.SENT: Presence.DELETING,
    Outcome.UNKNOWN: Presence.DELETING,
}

DELETIONS, ITEMS, TASKS = "deletions_deletion", "deletions_deletionitem", "register_trackedtask"

SHOWN_HOLD = """(SELECT x.id FROM register_heldtask x JOIN register_hold h ON h.id = x.hold_id WHERE x.task_id = t.id
    AND x.release_id IS NULL AND h.by = t.held_by AND h.reason = t.held_reason LIMIT 1)"""
"""Of what another program wrote as held there is none."""
OVERRIDDEN = f"""t.overridden_for IS NOT NULL AND t.overridden_for = d.uuid AND d.decision = 'approved'
    AND {SHOWN_HOLD} IS NOT NULL"""
IS_HELD = f"(t.held_by <> '' AND NOT ({OVERRIDDEN}))"
"""SQL condition: task `t` is held, and two people did not agree that deletion `d` takes it despite that."""


def shift_counters(deletion_id: int, changes: Mapping[str, int], **fields: object) -> None:
    """Adds `changes` to the counters and sets the other `fields`. The row stays locked until the transaction ends."""
    added = {Outcome(name).value: sql.Sql(f'"{Outcome(name).value}" + {number:d}') for name, number in changes.items()}
    if columns := {**added, **fields}:
        sql.update(DELETIONS, columns, "id = %s", deletion_id)


def change_items(keys: Sequence[int], fields: Mapping[str, object]) -> int:
    """Returns how many there were. By keys alone: with the deletion named too, SQLite would read all its items."""
    return sql.update(ITEMS, fields, sql.among("id"), sql.array_of(keys))


def mark_tasks(
    tracked: Sequence[int],
    *,
    outcome: Outcome,
    message: str,
    deletion: UUID,
    now: datetime,
    seen_at: datetime | None = None,
    where: str = "TRUE",
    values: Sequence[object] = (),
) -> None:
    """Shows an outcome on the register's rows, of those for which `where` is true.

    `seen_at` is when a look-up found them, if they are there.
    """
    presence = PRESENCE[outcome]
    there = {"seen_at": seen_at} if seen_at and presence == Presence.PRESENT else {}
    shown = {
        **there,
        "presence": presence,
        "last_outcome": outcome,
        "last_message": message,
        "last_deletion": deletion,
        "deleted_at": now if presence == Presence.DELETED else None,
    }
    # Rows are locked in the order of their keys, as in an import: another order leads to deadlocks.
    lock = sql.for_update(TASKS)
    chosen = f"id IN (SELECT id FROM {TASKS} WHERE {sql.among('id')} AND {where} ORDER BY id{lock})"  # nosec B608 # pieces from the code, values beside them
    sql.update(TASKS, shown, chosen, sql.array_of(tracked), *values)
