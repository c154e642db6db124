"""Compares each confirmed deletion with its entries: who confirmed it, what its calls carried, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import clock
from dashboard.database import sql
from dashboard.deletions.approvals import decisions
from dashboard.deletions.dispatch.closing import CLOSED
from dashboard.deletions.dispatch.restoring import OLDER
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.operations.reconciling import approval
from dashboard.operations.reconciling.entries import BATCH, CHECKED, CONFIRMED, OVERDUE, has_left, in_batches, is_tended
from dashboard.operations.reconciling.past import CORRECTED, Past
from dashboard.operations.reconciling.seen import Seen, seen, summand

UNDONE, STOPPED = "deletion.undone", "deletion.stopped"
GIVEN_UP = [*decisions.GIVEN_UP.values()]
OF_APPROVAL = [decisions.ASKED, decisions.APPROVED, *GIVEN_UP]


def differences() -> Iterator[str]:
    """Each deletion is read at one moment, so that changes meanwhile make no difference."""
    for pk in _keys():
        with sql.one_moment():
            wrong = [f"Deletion {row.uuid}: {one}" for row in _confirmed(pk) for one in _wrong(row)]
        yield from wrong


def missing() -> Iterator[str]:
    """Finds deletions that were confirmed and are missing or not confirmed now."""
    for events in in_batches(CONFIRMED):
        named = Deletion.objects.filter(uuid__in=[event.subject for event in events])
        known = {str(uuid) for uuid in named.confirmed().values_list("uuid", flat=True)}
        states = {str(uuid): state for uuid, state in named.values_list("uuid", "state")}
        for event in events:
            if event.subject not in known:
                state = states.get(event.subject, "missing")
                yield f"Deletion {event.subject}, confirmed by entry {event.sequence}, is {state}."


def _keys() -> Iterator[int]:
    rows = Deletion.objects.confirmed().order_by("pk").values_list("pk", flat=True)
    some = list(rows[:BATCH])
    while some:
        yield from some
        some = list(rows.filter(pk__gt=some[-1])[:BATCH])


def _confirmed(pk: int) -> list[Deletion]:
    return list(Deletion.objects.confirmed().filter(pk=pk))


def _wrong(row: Deletion) -> Iterator[str]:
    told = AuditEvent.objects.filter(subject=str(row.uuid))
    acts = list(
        told.filter(action__in=[CONFIRMED, UNDONE, STOPPED, CHECKED, CLOSED, *OF_APPROVAL]).order_by("sequence")
    )
    confirmed = [event for event in acts if event.action == CONFIRMED]
    if len(confirmed) != 1:
        yield f"{len(confirmed) or 'no'} entries say that it was confirmed."
        return
    [entry] = confirmed
    if wrong := [name for name, value in _as_confirmed(entry).items() if getattr(row, name) != value]:
        yield f"it differs from entry {entry.sequence} in: {', '.join(wrong)}."
    if row.size > entry.detail["tasks"]:
        yield f"it has {row.size:,} tasks, and {entry.detail['tasks']:,} were confirmed."
    if (row.state == State.CANCELLED) != any(event.action == UNDONE for event in acts):
        yield f"it is {row.state}, and the log says otherwise whether it was undone."
    yield from approval.wrong(row, acts)
    closings = [event for event in acts if event.action == CLOSED]
    past = Past(told.filter(action=CORRECTED), closings)
    found = seen(row, past)
    there = DeletionItem.objects.filter(deletion=row).count()
    if {there, found.items} != {row.total} or found.counts != Counter(row.counts()):
        yield f"its counts are not those of its {there:,} items."
    if found.otherwise:
        yield f"{found.otherwise:,} of its tasks did not end as it was last told of them."
    yield from _wrong_end(row, closings, last=max(acts[-1].sequence, past.last))
    yield from _wrong_items(entry, closings, found)
    yield from _wrong_calls(row, acts, found)
    yield from past.wrong(found.counts, found.outcomes)
    if not closings and _is_overdue(row):
        yield "it ended long ago and no entry says how, although a worker runs."


def _as_confirmed(entry: AuditEvent) -> dict[str, object]:
    """The fields that the row must have according to the entry of its confirmation."""
    detail = entry.detail
    return {
        "fingerprint": detail["fingerprint"],
        # The reason is removed when a person is erased.
        "reason": detail.get("reason", ""),
        "host": detail["host"],
        "actor_name": entry.actor,
        "total": detail["total"],
        "manifest_hash": detail["manifest"],
        "confirmed_at": datetime.fromisoformat(detail["confirmed_at"]),
        "rule": UUID(detail["rule"]) if "rule" in detail else None,
        "by_itself": detail.get("by_itself", False),
    }


def _wrong_items(entry: AuditEvent, closings: list[AuditEvent], found: Seen) -> Iterator[str]:
    if found.manifest != entry.detail["manifest"]:
        yield "its items are not those that were confirmed."
    for closing in closings:
        if closing.detail["manifest"] != entry.detail["manifest"]:
            yield f"its items were not those that were confirmed when entry {closing.sequence} closed it."
    # If the database was found to be older before the deletion's end, it had lost which items calls had carried.
    lost = AuditEvent.objects.filter(action=OLDER, sequence__gt=entry.sequence)
    lost = lost.filter(sequence__lt=closings[0].sequence) if closings else lost
    if found.gone_uncarried and not lost.exists():
        yield f"{found.gone_uncarried:,} of its tasks are called gone, and no call carried them."


def _wrong_calls(row: Deletion, acts: list[AuditEvent], found: Seen) -> Iterator[str]:
    carried = late = 0
    end = next((event for event in acts if event.action in {UNDONE, STOPPED, CLOSED, *GIVEN_UP}), None)
    sent = AuditEvent.objects.filter(subject=str(row.uuid), action="call.delete")
    for event in chain.in_order(sent):
        detail = event.detail
        if has_left(detail):
            carried += sum(summand(detail["kind"], task_id) for task_id in detail["ids"])
            # A call in hand at that moment may have left before, or be about to leave.
            late += bool(end and end.sequence < event.sequence and detail["call"] not in end.detail.get("in_hand", []))
    if found.carried != carried:
        yield "its calls did not carry what its items say that they carried."
    if found.skipped_carried:
        yield f"{found.skipped_carried:,} of its tasks are called skipped, and a call carried them."
    if late:
        yield f"{late:,} deletes of it left after it was undone, stopped or closed."


def _wrong_end(row: Deletion, closings: list[AuditEvent], *, last: int) -> Iterator[str]:
    """`last` is the last entry that opened, closed or corrected it."""
    if row.state == State.FINISHED and (row.waiting or row.sent):
        yield "it has ended, and some of its tasks wait."
    if row.closed_at is not None and (not closings or closings[-1].sequence != last):
        yield "no entry says how it ended."
    elif row.closed_at is not None:
        said = closings[-1].detail
        if wrong := [name for name in ("state", "fingerprint") if said[name] != getattr(row, name)]:
            yield f"it differs from entry {closings[-1].sequence}, which closed it, in: {', '.join(wrong)}."


def _is_overdue(row: Deletion) -> bool:
    """Whether it should have been closed by now. The moment in its row may be forged."""
    ended = row.state in {State.FINISHED, State.CANCELLED, State.DISCARDED} and not row.waiting
    return ended and (row.finished_at is None or abs(clock.now() - row.finished_at) > OVERDUE) and is_tended()
