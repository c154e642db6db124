"""The items that a deletion sends next: the canary alone, then the parts of a batch being split, then the rest."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from dashboard.database import sql
from dashboard.deletions.dispatch.turns import Sending
from dashboard.deletions.moves import DELETIONS, IS_HELD, ITEMS, TASKS, shift_counters

CANARY_ABOVE = 200
"""Size up to which a deletion has no canary."""


class Waiting(NamedTuple):
    """An item that may go next, with only the columns that are needed, since a call has a hundred of them."""

    pk: int
    tracked_id: int
    kind: str
    task_id: str
    touched: bool
    group: int
    held: bool
    held_reason: str


def next_items(deletion: Sending, *, now: datetime) -> list[Waiting]:
    """The next items: of one kind, and no more than a call may carry. Empty if none may go now."""
    if deletion.stopped:
        return []
    if _has_canary(deletion) and not deletion.canary_done:
        return _next_of_canary(deletion, now=now)
    # Parts of a refused batch go first and alone: they are settled before more is sent.
    return _one_list(_waiting(deletion, limit=settings.TENSORSLAB_BATCH_SIZE))


def _waiting(deletion: Sending, where: str = "TRUE", *values: object, limit: int) -> list[Waiting]:
    # The order is that of the index `item_waiting`, so the cost does not depend on how many items wait.
    found = sql.rows(
        f"""SELECT i.id, i.tracked_id, i.kind, i.task_id, i.touched, i."group", {IS_HELD}, t.held_reason
        FROM {ITEMS} i JOIN {TASKS} t ON t.id = i.tracked_id JOIN {DELETIONS} d ON d.id = i.deletion_id
        WHERE i.deletion_id = %s AND i.outcome = 'waiting' AND i.open AND {where}
        ORDER BY i."group" DESC, i.kind, i.id LIMIT %s""",  # nosec B608 # pieces from the code, values beside them
        deletion.pk,
        *values,
        limit,
    )
    return [Waiting._make(row) for row in found]


def _one_list(rows: list[Waiting]) -> list[Waiting]:
    of_first = [row for row in rows if (row.group, row.kind) == (rows[0].group, rows[0].kind)]
    return of_first[: settings.TENSORSLAB_BATCH_SIZE]


def _has_canary(deletion: Sending) -> bool:
    looks_up = settings.DELETION_VERIFY != "none"
    return looks_up and settings.DELETION_CANARY > 0 and deletion.size > CANARY_ABOVE


def _next_of_canary(deletion: Sending, *, now: datetime) -> list[Waiting]:
    """The next items of the canary; no other item goes before the outcome of each of them is known."""
    if not deletion.canary_through:
        rows = _waiting(deletion, limit=settings.DELETION_CANARY)
        first = [row for row in rows if row.kind == rows[0].kind]
        if first:
            shift_counters(deletion.pk, {}, canary_through=first[-1].pk, canary_kind=first[-1].kind)
        return _one_list(first)
    its_own = ("i.kind = %s AND i.id <= %s", deletion.canary_kind, deletion.canary_through)
    if rows := _waiting(deletion, *its_own, limit=settings.DELETION_CANARY):
        return _one_list(rows)
    if is_canary_out(deletion):
        return []
    shift_counters(deletion.pk, {}, canary_done_at=now)
    return _one_list(_waiting(deletion, limit=settings.TENSORSLAB_BATCH_SIZE))


def is_canary_out(deletion: Sending) -> bool:
    """Whether items of the canary were sent and their outcome is not known, and none of them waits."""
    if deletion.canary_done or not deletion.canary_through:
        return False
    [(waiting, pending)] = sql.rows(
        f"""SELECT COUNT(CASE WHEN i.outcome = 'waiting' THEN 1 END), COUNT(CASE WHEN i.open OR i.not_before IS NOT NULL
            OR i.claim IS NOT NULL OR i.call_id IS NOT NULL THEN 1 END)
        FROM {ITEMS} i JOIN {DELETIONS} d ON d.id = i.deletion_id
        WHERE i.deletion_id + 0 = %s AND i.id >= d.first_item AND i.kind = %s AND i.id <= %s""",  # nosec B608 # only names from the code
        deletion.pk,
        deletion.canary_kind,
        deletion.canary_through,
    )
    return bool(pending) and not waiting
