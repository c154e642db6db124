"""What must hold whatever happened: every row held against what the provider truly did, as its ledger tells it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import clock
from dashboard.calls.models import ProviderCall, Slot
from dashboard.calls.recording import digest
from dashboard.deletions import manifest
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.inventory.models import TrackedTask

GONE = {Outcome.DELETED, Outcome.ALREADY_GONE}
NOT_OURS = {Outcome.REFUSED, Outcome.SKIPPED, Outcome.KEPT}
NEVER_SENDS = {State.DRAFT, State.DISCARDED, State.CANCELLED, State.SCHEDULED}

NOTICED_WITHIN = 0.2

Ident = tuple[str, str]
"""Kind and task id."""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the oracle can't read from the rows."""

    gone_before: frozenset[Ident] = frozenset()
    """Never there, or deleted at the provider by others than us; we need not have noticed."""
    held_at: Mapping[Ident, float] = field(default_factory=dict)
    """When a hold was surely placed, in seconds since 1970, on tasks from which it was never lifted."""
    skew: float = 0.0
    """By how many seconds a clock may have been wrong. More than 0 excuses a call in flight too many."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One call that reached the provider, told apart by what it carried."""

    operation: str
    kind: str
    digest: str

    @classmethod
    def from_ledger(cls, call: Mapping[str, Any]) -> Sent:
        return cls(operation=call["operation"], kind=call["kind"], digest=digest(call["ids"]))


def violations(ledger: Mapping[str, Any], circumstances: Circumstances | None = None, *, ended: bool) -> list[str]:
    """A sentence for everything that is wrong; `ended` adds what must be true once all work is done."""
    known = circumstances or Circumstances()
    found = [
        *_counters(),
        *_outcomes(ledger, known),
        *_calls(ledger, known),
        *_deletes(ledger, known),
        *_audit(),
    ]
    if not known.skew and (most := _most_in_flight(ledger)) > settings.TENSORSLAB_CONCURRENCY:
        found.append(f"{most} calls were in flight, {settings.TENSORSLAB_CONCURRENCY} may be")
    return found + (list(_ended(ledger, known)) if ended else [])


def _most_in_flight(ledger: Mapping[str, Any]) -> int:
    """As the provider saw it, which notices a moment late that somebody it let hang has hung up."""
    steps = []
    for call in ledger["calls"]:
        late = NOTICED_WITHIN if call["http_status"] is None else 0.0
        steps += [(call["at"], 1), ((call["answered_at"] or float("inf")) - late, -1)]
    most = now = 0
    for _, step in sorted(steps):
        now += step
        most = max(most, now)
    return most


def _counters() -> Iterator[str]:
    """Counts add up to the total, and are those of the items."""
    rows: dict[int, dict[str, int]] = defaultdict(dict)
    for pk, outcome, number in DeletionItem.objects.values_list("deletion", "outcome").annotate(Count("pk")).order_by():
        rows[pk][outcome] = number
    for deletion in Deletion.objects.all():
        counted = {outcome.value: rows[deletion.pk].get(outcome.value, 0) for outcome in Outcome}
        if manifest.is_cleared(deletion, now=clock.now()):
            # It keeps its counts while its items go.
            if any(number > deletion.counts()[outcome] for outcome, number in counted.items()):
                yield f"Deletion {deletion.code}: the counters say {deletion.counts()}, but it has {counted}"
            continue
        if deletion.counts() != counted:
            yield f"Deletion {deletion.code}: the counters say {deletion.counts()}, the items {counted}"
        if sum(counted.values()) != deletion.total:
            yield f"Deletion {deletion.code}: the counts add up to {sum(counted.values())}, not to {deletion.total}"


def _outcomes(ledger: Mapping[str, Any], known: Circumstances) -> Iterator[str]:
    """`deleted` and `already_gone` are gone; what is gone is nowhere only refused, skipped or kept."""
    gone = _gone(ledger)
    outcomes: dict[Ident, set[str]] = defaultdict(set)
    confirmed = DeletionItem.objects.exclude(deletion__state__in=[State.DRAFT, State.DISCARDED, State.CANCELLED])
    for kind, task_id, outcome in confirmed.values_list("kind", "task_id", "outcome"):
        outcomes[kind, task_id].add(outcome)
    for ident, said in outcomes.items():
        if said & GONE and ident not in gone | known.gone_before:
            yield f"{ident} is called {_names(said)}, but it is still there"
    for ident in gone - known.gone_before:
        if not outcomes[ident] - NOT_OURS:
            yield f"{ident} is gone, but the deletions say {_names(outcomes[ident]) or 'nothing of it'}"


def _calls(ledger: Mapping[str, Any], known: Circumstances) -> Iterator[str]:
    """Every call that arrived was written down before, with the same ids, and is in the audit log."""
    written: dict[Sent, list[datetime]] = defaultdict(list)
    for call in ProviderCall.objects.filter(sent_at__isnull=False):
        written[Sent(operation=call.operation, kind=call.kind, digest=call.digest)].append(call.sent_at)
    arrived: dict[Sent, list[datetime]] = defaultdict(list)
    for call in ledger["calls"]:
        if call["ids"]:
            arrived[Sent.from_ledger(call)].append(datetime.fromtimestamp(call["at"], UTC))
    for sent, moments in arrived.items():
        before = sorted(written[sent])
        # The first to arrive was the first to be written, so each has one of its own that is not later.
        for number, moment in enumerate(sorted(moments)):
            if number >= len(before) or before[number] > moment + timedelta(seconds=known.skew):
                yield f"A {sent.operation} of {sent.kind} arrived at {moment} that was not written down before"


def _deletes(ledger: Mapping[str, Any], known: Circumstances) -> Iterator[str]:
    """What a call truly deleted belongs to the deletion that sent it: confirmed, not undone, kept, refused or held."""
    senders: dict[tuple[str, str], set[Any]] = defaultdict(set)
    deletes = ProviderCall.objects.filter(operation="delete")
    for kind, carried, uuid in deletes.values_list("kind", "digest", "deletion"):
        senders[kind, carried].add(uuid)
    states = dict(Deletion.objects.values_list("uuid", "state"))
    items: dict[tuple[Any, str, str], str] = {
        (uuid, kind, task_id): outcome
        for uuid, kind, task_id, outcome in DeletionItem.objects.values_list(
            "deletion__uuid", "kind", "task_id", "outcome"
        )
    }
    for call in ledger["calls"]:
        by = [uuid for uuid in senders[call["kind"], digest(call["ids"])] if states.get(uuid) not in NEVER_SENDS]
        for task_id in call["did"]:
            said = {items.get((uuid, call["kind"], task_id)) for uuid in by}
            if not said - NOT_OURS - {None}:
                yield f"{call['kind']} {task_id} was deleted, but who sent it says {_names(said - {None}) or 'nothing'}"
            held = known.held_at.get((call["kind"], task_id))
            # A call that was opened before the hold may still arrive until its deadline.
            if held and call["at"] > held + settings.TENSORSLAB_TIMEOUT + 1 + known.skew:
                yield f"{call['kind']} {task_id} was sent {call['at'] - held:.1f} s after it was put on hold"


def _audit() -> Iterator[str]:
    """The chain verifies and has one event for every call that was completed, and one for every confirmation."""
    if broken := chain.verify():
        yield f"The audit chain is broken: {broken}"
    told = Counter(
        event.detail["call"] for event in AuditEvent.objects.filter(action__in=["call.delete", "call.look_up"])
    )
    in_hand = [ProviderCall.State.READY, ProviderCall.State.OPEN]
    completed = set(ProviderCall.objects.exclude(state__in=in_hand).values_list("pk", flat=True))
    for call in completed ^ set(told):
        yield f"Call {call} is {'not' if call in completed else 'wrongly'} in the audit log"
    for call, number in told.items():
        if number != 1:
            yield f"Call {call} is {number} times in the audit log"
    confirmed = Counter(AuditEvent.objects.filter(action="deletion.confirmed").values_list("subject", flat=True))
    for uuid in Deletion.objects.confirmed().values_list("uuid", flat=True):
        if confirmed[str(uuid)] != 1:
            yield f"Deletion {uuid} was confirmed {confirmed[str(uuid)]} times in the audit log"


def _ended(ledger: Mapping[str, Any], known: Circumstances) -> Iterator[str]:
    """Nothing is left in hand, and the register's own rows agree with the provider."""
    for deletion in Deletion.objects.in_flight():
        yield f"Deletion {deletion.code} is still {deletion.state}: {deletion.paused_reason or deletion.counts()}"
    confirmed = DeletionItem.objects.exclude(deletion__state__in=[State.DRAFT, State.DISCARDED])
    undone = confirmed.filter(outcome__in=[Outcome.WAITING, Outcome.SENT, Outcome.UNKNOWN])
    for task_id, outcome in undone.values_list("task_id", "outcome"):
        yield f"{task_id} is still {outcome}"
    if number := DeletionItem.objects.filter(open=True).count():
        yield f"{number} items still hold their tasks"
    if number := ProviderCall.objects.in_hand().count():
        yield f"{number} calls are still in hand"
    if number := Slot.objects.filter(token__isnull=False).count():
        yield f"{number} slots are still taken"
    gone = _gone(ledger) | known.gone_before
    for kind, task_id, presence in TrackedTask.objects.values_list("kind", "task_id", "presence"):
        if presence == "missing" or (presence == "present" and (kind, task_id) in known.gone_before):
            continue
        if (presence == "deleted") != ((kind, task_id) in gone):
            yield f"{kind} {task_id} is shown as {presence}, but is {'gone' if (kind, task_id) in gone else 'there'}"


def _gone(ledger: Mapping[str, Any]) -> set[Ident]:
    return {(kind, task_id) for kind, ids in ledger["deleted"].items() for task_id in ids}


def _names(outcomes: Iterable[Any]) -> str:
    return ", ".join(sorted(map(str, outcomes)))
