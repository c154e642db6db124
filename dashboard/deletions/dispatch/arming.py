"""Large changes to a deletion's items in chunks of one transaction each: arming, undoing, keeping the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from dashboard.calls import accounts
from dashboard.database import sql
from dashboard.deletions.dispatch.ending import finish_if_done
from dashboard.deletions.dispatch.turns import RELEASED_AT
from dashboard.deletions.drafts import eligibility, freezing
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from dashboard.deletions.moves import DELETIONS, IS_HELD, ITEMS, TASKS, change_items, mark_tasks, shift_counters
from dashboard.register.models import Presence, TrackedTask

CHUNK = 250
"""Items in a transaction: other writers wait for it, and so does the slot of an answer that comes meanwhile."""
LAST = 2**63 - 1
"""An upper bound of all item numbers."""


def whole_batches() -> int:
    """A chunk's size while calls are out: whole batches, so that no call leaves half full."""
    batch: int = settings.TENSORSLAB_BATCH_SIZE
    return batch * max(1, CHUNK // batch)


def is_small(deletion: Deletion) -> bool:
    """Whether the request that confirms it also arms it, and so shows it armed at once; a shift arms larger ones."""
    return deletion.total <= 2 * CHUNK


def arm_chunk(deletion: Deletion, *, now: datetime, size: int | None = None) -> bool:
    """Opens the next items of a confirmed deletion, and shows their tasks as deleting. False when all are open.

    It locks the account's row, since two confirmations at once would otherwise collide or deadlock.
    """
    with transaction.atomic():
        accounts.locked()
        row = Deletion.objects.being_armed().filter(pk=deletion.pk).select_for_update().first()
        if row is None:
            return False
        size = size or CHUNK
        last, number = _next_to_arm(row, size)
        chunk = ("deletion_id = %s AND outcome = 'waiting' AND id > %s AND id <= %s", row.pk, row.armed_through, last)
        if number:
            _skip_blocked(row, row.armed_through, last, now=now)
            sql.update(ITEMS, {"open": True}, *chunk)
            _show_as_deleting(row, *chunk)
        more = number == size
        armed = {"armed_through": last or row.armed_through, "armed_at": None if more else now}
        shift_counters(row.pk, {}, **armed)
        finish_if_done(row.pk, now=now)
    if more and not row.armed_through and row.total > freezing.AT_ONCE:
        # Statistics from the freezing may count no open items, and PostgreSQL then picks a bad index.
        sql.look_at(ITEMS)
    return more


def _show_as_deleting(deletion: Deletion, items: str, *values: object) -> None:
    shown = {
        "presence": Presence.DELETING,
        "last_outcome": Outcome.WAITING,
        "last_message": "",
        "last_deletion": deletion.uuid,
    }
    # Rows are locked in the order of their keys, as in an import: another order leads to deadlocks.
    chosen = f"""id IN (SELECT id FROM {TASKS} WHERE id IN (SELECT tracked_id FROM {ITEMS} WHERE {items})
        ORDER BY id{sql.for_update(TASKS)})"""  # nosec B608 # pieces from the code, values beside them
    sql.update(TASKS, shown, chosen, *values)


def _next_to_arm(deletion: Deletion, size: int) -> tuple[int, int]:
    """The last item of the next chunk, and the chunk's size. Read in the order of the index `item_by_outcome`."""
    chunk = "SELECT id FROM {} WHERE deletion_id = %s AND outcome = 'waiting' AND id > %s ORDER BY id LIMIT %s"
    [(last, number)] = sql.rows(
        f"SELECT MAX(id), COUNT(*) FROM ({chunk.format(ITEMS)}) AS chunk",  # nosec B608 # only names from the code
        deletion.pk,
        deletion.armed_through,
        size,
    )
    return last or 0, number


def _skip_blocked(deletion: Deletion, first: int, last: int, *, now: datetime) -> None:
    """Skips items whose tasks another deletion has taken, or which were put on hold.

    They were confirmed: `settled_at` distinguishes them from those skipped earlier (`fingerprint.MARK`).
    """
    # No EXISTS: PostgreSQL may answer it by reading all open items, again for every chunk.
    taker = f"(SELECT o.id FROM {ITEMS} o WHERE o.tracked_id = t.id AND o.open LIMIT 1)"  # nosec B608 # only names from the code
    found = sql.rows(
        f"""SELECT i.id, t.id, {taker} FROM {ITEMS} i JOIN {TASKS} t ON t.id = i.tracked_id
        JOIN {DELETIONS} d ON d.id = i.deletion_id
        WHERE i.deletion_id = %s AND i.outcome = 'waiting' AND i.id > %s AND i.id <= %s
        AND (t.presence <> 'present' OR {IS_HELD} OR {taker} IS NOT NULL)""",  # nosec B608 # pieces from the code, values beside them
        deletion.pk,
        first,
        last,
    )
    if not found:
        return
    blocked = TrackedTask.objects.filter(pk__in=[tracked for _, tracked, _ in found])
    others = eligibility.takers(besides=deletion.actor, since=deletion.created_at)
    taken = {eligibility.taken_by(name) for name in others}
    why = dict(blocked.annotate(why=eligibility.unfit(others=others, despite=deletion.uuid)).values_list("pk", "why"))
    by_reason: dict[str, list[int]] = {}
    for pk, tracked, open_elsewhere in found:
        # The other deletion has just ended if this is empty: then the item is ours.
        if reason := eligibility.BUSY if open_elsewhere and why[tracked] not in taken else why[tracked]:
            by_reason.setdefault(reason, []).append(pk)
    fields = {"outcome": Outcome.SKIPPED, "settled_at": now}
    skipped = sum(change_items(pks, {**fields, "message": reason}) for reason, pks in by_reason.items())
    shift_counters(deletion.pk, {Outcome.WAITING: -skipped, Outcome.SKIPPED: skipped})


def undo_chunk(deletion: Deletion, *, now: datetime, size: int | None = None) -> bool:
    """Keeps the next items of a cancelled deletion, or of one that was not approved. False when all are kept."""
    return _keep_chunk(deletion, Deletion.objects.being_undone(), touched=False, now=now, size=size)


def keep_chunk(deletion: Deletion, *, now: datetime, size: int | None = None) -> bool:
    """After “Stop the rest”: keeps items that never left, and has the others looked up. False when none waits."""
    stopped = Deletion.objects.stopped()
    if _keep_chunk(deletion, stopped, touched=False, now=now, size=size):
        return True
    return _keep_chunk(deletion, stopped, touched=True, now=now, size=size)


def _keep_chunk(
    deletion: Deletion, rows: QuerySet[Deletion], *, touched: bool, now: datetime, size: int | None
) -> bool:
    with transaction.atomic():
        if not rows.filter(pk=deletion.pk).select_for_update().exists():
            return False
        chunk = _next_to_keep(deletion, touched=touched, size=size or CHUNK)
        if not chunk:
            finish_if_done(deletion.pk, now=now)
            return False
        outcome = Outcome.UNKNOWN if touched else Outcome.KEPT
        if touched:
            fields = {"outcome": outcome, "if_there": DeletionItem.IfThere.KEEP, "not_before": now}
        else:
            fields = {"outcome": outcome, "open": False, "settled_at": now, "message": ""}
        moved = change_items([pk for pk, _, _ in chunk], fields)
        mark = partial(mark_tasks, outcome=outcome, message="", deletion=deletion.uuid, now=now)
        if armed := [tracked for _, tracked, is_open in chunk if is_open]:
            mark(armed)
        if never_ours := [tracked for _, tracked, is_open in chunk if not is_open]:
            # Another deletion may have taken these tasks meanwhile, or even have ended.
            later = f"SELECT 1 FROM {DELETIONS} d WHERE d.uuid = last_deletion AND {RELEASED_AT} > %s"  # nosec B608 # only names from the code
            still = f"presence = 'present' AND NOT EXISTS ({later})"
            mark(never_ours, where=still, values=[deletion.released_at])
        shift_counters(deletion.pk, {Outcome.WAITING: -moved, outcome: moved})
        finish_if_done(deletion.pk, now=now)
        return True


def _next_to_keep(deletion: Deletion, *, touched: bool, size: int) -> list[tuple[int, int, bool]]:
    """Number, task, and whether it is open, of the next waiting items.

    They are locked, so that a shift has either taken an item by now or finds it no longer waiting.
    """
    # Comparing whole rows forces the index `item_by_outcome`: ordered by number PostgreSQL may walk the table, over all
    # items that earlier chunks have kept.
    here = "(deletion_id, outcome, id)"
    found = sql.rows(
        f"""SELECT id, tracked_id, open FROM {ITEMS}
        WHERE {here} > (%s, 'waiting', 0) AND {here} < (%s, 'waiting', {LAST}) AND touched = %s
        ORDER BY deletion_id, outcome, id LIMIT %s{sql.for_update(ITEMS)}""",  # nosec B608 # pieces from the code, values beside them
        deletion.pk,
        deletion.pk,
        touched,
        size,
    )
    return [(pk, tracked, bool(is_open)) for pk, tracked, is_open in found]


def in_chunks(step: Callable[..., bool], deletion: Deletion, *, now: datetime, at_most: int | None = None) -> bool:
    """Runs `step` until nothing is left, or `at_most` times. True when nothing is left."""
    done = 0
    while at_most is None or done < at_most:
        if not step(deletion, now=now):
            return True
        done += 1
    return False


def unfinished_chunks() -> list[tuple[Callable[..., bool], Deletion]]:
    """The rest of an interrupted or large confirmation, Undo or Stop."""
    found = Deletion.objects.being_armed() | Deletion.objects.being_undone() | Deletion.objects.being_stopped()
    return [
        (undo_chunk if row.is_being_undone else keep_chunk if row.is_stopped else arm_chunk, row)
        for row in found.order_by("pk")
    ]
