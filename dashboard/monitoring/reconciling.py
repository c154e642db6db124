"""Whether history is what the audit log says it was: deletions and calls are compared with their entries.

Entries can't be written by who has the database alone (`audit/keys.py`), rows can. Memory is a byte a call and a number
a deletion, however long the history.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice, pairwise

from django.contrib.auth.models import User
from django.db.models import Max

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import recording
from dashboard.calls.models import ProviderCall
from dashboard.deletions.closing import CLOSED, outcomes
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.deletions.restoring import OLDER
from dashboard.deletions.signing import fingerprint

BATCH = 500
CONFIRMED, CORRECTED, CHECKED = "deletion.confirmed", "deletion.corrected", "deletion.checked"
TOLD = [CONFIRMED, CORRECTED, CHECKED, CLOSED]
WAITED = timedelta(minutes=10)
"""So long a confirmation may have waited for others before its entry was written."""
COMPARED = ("operation", "kind", "purpose", "http_status", "code")

Carried = Counter[str]
"""How many ids the delete calls of each deletion carried, by its uuid."""


def differences() -> Iterator[str]:
    """A sentence for each thing that the rows say and the log does not, or the other way round."""
    if User.objects.exists() and not AuditEvent.objects.exists():
        yield "The audit log is empty, though there are people."
    carried: Carried = Counter()
    yield from _calls(carried)
    yield from _deletions(carried)
    yield from _missing()


def _calls(carried: Carried) -> Iterator[str]:
    """Each completed call has one entry that says the same. The rows first: an entry is never later than its row."""
    completed = ProviderCall.objects.exclude(state__in=[ProviderCall.State.READY, ProviderCall.State.OPEN])
    to_find = bytearray((completed.aggregate(last=Max("pk"))["last"] or 0) + 1)
    for pk in completed.filter(pk__lt=len(to_find)).values_list("pk", flat=True).iterator(chunk_size=BATCH):
        to_find[pk] = 1
    for events in _batches("call.delete", "call.look_up"):
        yield from _entries(events, to_find, carried)
    yield from (f"Call {pk} has no entry." for pk, lacks in enumerate(to_find) if lacks)


def _entries(events: list[AuditEvent], to_find: bytearray, carried: Carried) -> Iterator[str]:
    rows = ProviderCall.objects.in_bulk([event.detail["call"] for event in events])
    for event in events:
        pk, ids = event.detail["call"], event.detail["ids"]
        if event.action == "call.delete":
            carried[event.subject] += len(ids)
        if (row := rows.get(pk)) is None:
            yield f"Call {pk} of entry {event.sequence} is missing."
            continue
        if pk < len(to_find):
            to_find[pk] = 0
        told = {"operation": event.action.removeprefix("call."), "purpose": "", **event.detail}
        wrong = [name for name in COMPARED if getattr(row, name) != told[name]]
        wrong += ["deletion"] if str(row.deletion or "") != event.subject else []
        # A control that was lost with its worker is told without its id.
        wrong += ["ids"] if ids and row.digest != recording.digest(ids) else []
        if wrong:
            yield f"Call {pk} differs from entry {event.sequence} in: {', '.join(wrong)}."


def _deletions(carried: Carried) -> Iterator[str]:
    """Each confirmed deletion was confirmed as it says, and its ending is what its closing entry says."""
    last = 0
    while rows := list(Deletion.objects.confirmed().filter(pk__gt=last).order_by("pk")[:BATCH]):
        told: dict[str, list[AuditEvent]] = defaultdict(list)
        subjects = [str(row.uuid) for row in rows]
        for event in AuditEvent.objects.filter(subject__in=subjects, action__in=TOLD).order_by("sequence"):
            told[event.subject].append(event)
        for row in rows:
            for wrong in _wrong(row, told[str(row.uuid)], carried[str(row.uuid)]):
                yield f"Deletion {row.uuid}: {wrong}"
        last = rows[-1].pk


def _wrong(row: Deletion, events: list[AuditEvent], carried: int) -> Iterator[str]:
    confirmed = [event for event in events if event.action == CONFIRMED]
    if len(confirmed) != 1:
        yield f"{len(confirmed) or 'no'} entries say that it was confirmed."
        return
    [entry] = confirmed
    said = {name: entry.detail.get(name, "") for name in ("fingerprint", "reason", "host")}
    said["actor_name"] = entry.actor
    wrong = [name for name, value in said.items() if getattr(row, name) != value]
    if row.confirmed_at is None or abs(entry.at - row.confirmed_at) > WAITED:
        wrong.append("confirmed_at")
    if wrong:
        yield f"it differs from entry {entry.sequence} in: {', '.join(wrong)}."
    if row.size > entry.detail["tasks"]:
        yield f"it has {row.size:,} tasks, and {entry.detail['tasks']:,} were confirmed."
    if (there := DeletionItem.objects.filter(deletion=row).count()) != row.total or sum(row.counts().values()) != there:
        yield f"its counts are not those of its {there:,} items."
    # What became busy meanwhile was skipped when the rest was armed, and is out of the sum.
    if row.size == entry.detail["tasks"] and fingerprint(row)[0] != row.fingerprint:
        yield "its items are not those that were confirmed."
    # In a database that was found to be older, what calls had carried was not known any more.
    known = not AuditEvent.objects.filter(action=OLDER, sequence__gt=entry.sequence).exists()
    if known and row.deleted + row.already_gone > carried:
        yield f"{row.deleted + row.already_gone:,} of its tasks are called gone, and its calls carried {carried:,}."
    yield from _wrong_ending(row, [event for event in events if event.action != CONFIRMED])


def _wrong_ending(row: Deletion, events: list[AuditEvent]) -> Iterator[str]:
    if row.state == State.FINISHED and (row.waiting or row.sent):
        yield "it has ended, and some of its tasks wait."
    closed = [event for event in events if event.action == CLOSED]
    for before, after in pairwise(closed):
        between = [event for event in events if before.sequence < event.sequence < after.sequence]
        if not _explained(before, after, [event.action for event in between]):
            yield f"its ending changed from entry {before.sequence} to {after.sequence}, and no entry says why."
    if row.closed_at is None and (not closed or events[-1].action != CLOSED):
        # It is under way, or was opened again, or corrected, just now.
        return
    if not closed:
        yield "no entry says how it ended."
        return
    said = closed[-1].detail
    wrong = [name for name in ("fingerprint", "counts", "outcomes") if said[name] != _now(row, name)]
    if wrong:
        yield f"it differs from entry {closed[-1].sequence}, which closed it, in: {', '.join(wrong)}."


def _explained(before: AuditEvent, after: AuditEvent, between: list[str]) -> bool:
    """Whether corrections tell of every task whose ending changed. What was unknown may be checked by anybody."""
    if before.detail["outcomes"] == after.detail["outcomes"]:
        return True
    counts = [event.detail["counts"] for event in (before, after)]
    moved = sum(max(0, counts[1][outcome] - number) for outcome, number in counts[0].items() if outcome != "unknown")
    checked = counts[0]["unknown"] if CHECKED in between else 0
    return 0 < moved <= between.count(CORRECTED) + checked or (moved == 0 and bool(between))


def _now(row: Deletion, name: str) -> object:
    return {"fingerprint": row.fingerprint, "counts": row.counts()}.get(name) or outcomes(row)


def _missing() -> Iterator[str]:
    """What was confirmed is there, and stands as confirmed."""
    for events in _batches(CONFIRMED):
        known = Deletion.objects.filter(uuid__in=[event.subject for event in events]).values_list("uuid", "state")
        states = {str(uuid): state for uuid, state in known}
        for event in events:
            state = states.get(event.subject)
            if state in {None, State.DRAFT, State.DISCARDED}:
                yield f"Deletion {event.subject}, confirmed by entry {event.sequence}, is {state or 'missing'}."


def _batches(*actions: str) -> Iterator[list[AuditEvent]]:
    events = chain.in_order(AuditEvent.objects.filter(action__in=actions))
    while some := list(islice(events, BATCH)):
        yield some
