"""Deletions that were confirmed before entries told of all their items: their fingerprint, and their last closing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.deletions.dispatch.closing import CLOSED
from dashboard.deletions.dispatch.restoring import OLDER
from dashboard.deletions.drafts.fingerprint import fingerprint
from dashboard.deletions.models import Deletion
from dashboard.operations.reconciling.entries import CHECKED, OVERDUE, has_left
from dashboard.operations.reconciling.past import CORRECTED
from dashboard.operations.reconciling.seen import Seen


def wrong(row: Deletion, entry: AuditEvent, found: Seen) -> Iterator[str]:
    # A confirmation may have waited for others before its entry was written.
    if row.confirmed_at is None or abs(entry.at - row.confirmed_at) > OVERDUE:
        yield f"it differs from entry {entry.sequence} in: confirmed_at."
    # What became busy meanwhile was skipped when the rest was armed, and is out of the sum.
    if row.size == entry.detail["tasks"] and fingerprint(row)[0] != row.fingerprint:
        yield "its items are not those that were confirmed."
    # In a database that was found to be older, what calls had carried was not known any more.
    known = not AuditEvent.objects.filter(action=OLDER, sequence__gt=entry.sequence).exists()
    told = AuditEvent.objects.filter(subject=str(row.uuid))
    closed = told.filter(action=CLOSED).order_by("sequence").first()
    carried = late = 0
    for event in chain.in_order(told.filter(action="call.delete")):
        carried += len(event.detail["ids"])
        late += bool(closed and closed.sequence < event.sequence and has_left(event.detail))
    if late:
        yield f"{late:,} deletes of it left after it was closed."
    if known and row.deleted + row.already_gone > carried:
        yield f"{row.deleted + row.already_gone:,} of its tasks are called gone, and its calls carried {carried:,}."
    yield from _wrong_ending(
        row, list(told.filter(action__in=[CORRECTED, CHECKED, CLOSED]).order_by("sequence")), found
    )


def _wrong_ending(row: Deletion, events: list[AuditEvent], found: Seen) -> Iterator[str]:
    closed = [event for event in events if event.action == CLOSED]
    for before, after in pairwise(closed):
        between = [event for event in events if before.sequence < event.sequence < after.sequence]
        if not _explained(before, after, [event.action for event in between]):
            yield f"its ending changed from entry {before.sequence} to {after.sequence}, and no entry says why."
    if row.closed_at is None and (not closed or events[-1].action != CLOSED):
        # It is under way, or was opened again, or corrected, just now.
        return
    if closed:
        said, now = closed[-1].detail, {"counts": row.counts(), "outcomes": found.outcomes[0]}
        if wrong := [name for name, value in now.items() if said[name] != value]:
            yield f"it differs from entry {closed[-1].sequence}, which closed it, in: {', '.join(wrong)}."


def _explained(before: AuditEvent, after: AuditEvent, between: list[str]) -> bool:
    """Whether corrections tell of every task whose ending changed. What was unknown may be checked by anybody."""
    if before.detail["outcomes"] == after.detail["outcomes"]:
        return True
    counts = [event.detail["counts"] for event in (before, after)]
    moved = sum(max(0, counts[1][outcome] - number) for outcome, number in counts[0].items() if outcome != "unknown")
    checked = counts[0]["unknown"] if CHECKED in between else 0
    return 0 < moved <= between.count(CORRECTED) + checked or (moved == 0 and bool(between))
