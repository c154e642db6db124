"""What must hold whatever happened: every row held against what the provider truly did, as its ledger tells it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import clock, controls
from dashboard.calls.models import ProviderCall, Slot
from dashboard.calls.recording import digest
from dashboard.deletions.drafts import freezing
from dashboard.deletions.evidence import verifying
from dashboard.deletions.models import GONE, Deletion, DeletionItem, Evidence, Inspection, Outcome, State
from dashboard.register.models import TrackedTask
from tests import consent
from tests.past import FOR_EVER, Circumstances, Ident, Past

NOT_OURS = {Outcome.REFUSED, Outcome.SKIPPED, Outcome.KEPT}
NEVER_SENDS = {State.DRAFT, State.AWAITING_APPROVAL, State.DISCARDED, State.CANCELLED, State.SCHEDULED}
SEEN, SAID = Evidence.SEEN, Evidence.SAID
MAY_REST_ON = {
    Outcome.DELETED: {SAID, SEEN},
    Outcome.ALREADY_GONE: {SEEN},
    Outcome.REFUSED: {SEEN},
    Outcome.KEPT: {SEEN, None},
}
"""Every other outcome has no evidence."""

NOTICED_WITHIN = 0.2


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
    past = Past(ledger, known)
    found = [
        *_counters(),
        *_left_over(),
        *_evidence(ledger, known, past),
        *_outcomes(known, past),
        *_calls(ledger, known),
        *_controls(),
        *consent.violations(ledger, known),
        *_deletes(ledger, known, past),
        *_audit(),
    ]
    if not known.skew and (most := _most_in_flight(ledger)) > settings.TENSORSLAB_CONCURRENCY:
        found.append(f"{most} calls were in flight, {settings.TENSORSLAB_CONCURRENCY} may be")
    return found + (list(_ended(known, past)) if ended else [])


def _most_in_flight(ledger: Mapping[str, Any]) -> int:
    """As the provider saw it, which notices a moment late that somebody it let hang has hung up."""
    steps = []
    for call in ledger["calls"]:
        late = NOTICED_WITHIN if call["http_status"] is None else 0.0
        steps += [(call["at"], 1), ((call["answered_at"] or FOR_EVER) - late, -1)]
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
        if freezing.is_cleared(deletion, now=clock.now()):
            # It keeps its counts while its items go.
            if any(number > deletion.counts()[outcome] for outcome, number in counted.items()):
                yield f"Deletion {deletion.code}: the counters say {deletion.counts()}, but it has {counted}"
            continue
        if deletion.counts() != counted:
            yield f"Deletion {deletion.code}: the counters say {deletion.counts()}, the items {counted}"
        if sum(counted.values()) != deletion.total:
            yield f"Deletion {deletion.code}: the counts add up to {sum(counted.values())}, not to {deletion.total}"
        yield from _counters_of_evidence(deletion)


def _counters_of_evidence(deletion: Deletion) -> Iterator[str]:
    items = deletion.items
    said = items.filter(outcome=Outcome.DELETED, evidence=SAID).count()
    if deletion.said != said:
        yield f"Deletion {deletion.code}: {deletion.said} are counted as only said, {said} are"
    picked = items.filter(picked=DeletionItem.Picked.RANDOM).count()
    sampled = (deletion.sample_gone, deletion.sample_there)
    there = items.filter(picked=DeletionItem.Picked.RANDOM, message=verifying.SAID_SUCCESS).count()
    if min(sampled) < 0 or sum(sampled) > picked or deletion.sample_there < there:
        yield f"Deletion {deletion.code}: {picked} were picked, {there} of them found there; it counted {sampled}"
    doubted = items.filter(outcome=Outcome.DELETED, evidence=SAID, there_times__gt=0).count()
    if not 0 <= deletion.contradicted <= (0 if deletion.state == State.FINISHED else doubted):
        yield f"Deletion {deletion.code} is {deletion.state} and counts {deletion.contradicted} contradicted"


def _left_over() -> Iterator[str]:
    """What is finished asks nothing any more, unless it is inspected; and no item is in a call that is over."""
    finished = DeletionItem.objects.filter(deletion__state=State.FINISHED, inspection=None)
    for task_id in finished.filter(Q(not_before__isnull=False) | Q(claim__isnull=False)).values_list(
        "task_id", flat=True
    ):
        yield f"{task_id} is to be looked up, although its deletion is finished"
    in_hand = ProviderCall.objects.in_hand().values("pk")
    for task_id in DeletionItem.objects.exclude(call=None).exclude(call__in=in_hand).values_list("task_id", flat=True):
        yield f"{task_id} is in a call that is over"
    under_way = Inspection.objects.filter(at=None, begun_at__isnull=False).values("pk")
    inspected = DeletionItem.objects.exclude(inspection=None).exclude(inspection__in=under_way)
    for task_id in inspected.values_list("task_id", flat=True):
        yield f"{task_id} is in an inspection that is over"


def _evidence(ledger: Mapping[str, Any], known: Circumstances, past: Past) -> Iterator[str]:
    """What is *seen* was so at its moment, by a look-up that we made. What is *said* was said."""
    succeeded = {
        (call["kind"], task_id)
        for call in ledger["calls"]
        if call["operation"] == "delete" and (call["code"], call["status"]) == (1000, "Success")
        for task_id in call["ids"]
    }
    look_ups = ProviderCall.objects.filter(operation="look_up", deletion__isnull=False, answered_at__isnull=False)
    answered = set(look_ups.values_list("digest", "answered_at"))
    for item in DeletionItem.objects.only("kind", "task_id", "outcome", "evidence", "seen_at", "message"):
        ident, told = (item.kind, item.task_id), f"{item.kind} {item.task_id} is “{item.ending}”"
        if item.evidence not in MAY_REST_ON.get(Outcome(item.outcome), {None}):
            yield f"{told}: {item.evidence or 'no'} evidence is not enough for that, or too much"
        if item.evidence == SAID and ident not in succeeded:
            yield f"{told}, but no delete of it was answered with Success"
        if item.evidence != SEEN:
            continue
        if item.seen_at is None or (digest([item.task_id]), item.seen_at) not in answered:
            yield f"{told}, but no look-up was answered at {item.seen_at}"
        elif ident not in known.hidden and not past.was_at(ident, item.outcome in GONE, item.seen_at):
            yield f"{told}, but that was not so at {item.seen_at}: {past.changes.get(ident)}"


def _outcomes(known: Circumstances, past: Past) -> Iterator[str]:
    """`deleted` and `already_gone` are or were gone; what is gone is nowhere only refused, skipped or kept."""
    outcomes: dict[Ident, set[str]] = defaultdict(set)
    confirmed = DeletionItem.objects.exclude(deletion__state__in=[State.DRAFT, State.DISCARDED, State.CANCELLED])
    for kind, task_id, outcome, evidence in confirmed.values_list("kind", "task_id", "outcome", "evidence"):
        outcomes[kind, task_id].add(outcome)
        # `_evidence` judges what was seen.
        only_said = evidence == SAID and not known.lies
        if only_said and (kind, task_id) not in past.now | known.gone_before | known.hidden:
            yield f"{kind} {task_id} is said to be {outcome}, but it is still there"
    for ident in past.now - known.gone_before - known.hidden:
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


def _controls() -> Iterator[str]:
    """Calls outside of deletions look up: tasks of the register for its own sake, and what vouches for others."""
    vouches = Q(operation="look_up", purpose__in=["", *controls.Purpose], deletion=None)
    belongs = Q(deletion__isnull=False) & ~Q(purpose__in=list(controls.Purpose))
    for call in ProviderCall.objects.exclude(vouches | belongs):
        yield f"Call {call.pk} is a {call.operation} for “{call.purpose}” of deletion {call.deletion}"
    made = [event.detail for event in AuditEvent.objects.filter(action="call.look_up")]
    registered = set(TrackedTask.objects.values_list("kind", "task_id"))
    for detail in made:
        idents = {(detail["kind"], task_id) for task_id in detail["ids"]}
        strange = idents - registered
        wrong = {"ghost": idents & registered, "witness": strange, "": strange}.get(detail["purpose"])
        if wrong:
            yield f"{wrong} was asked about as a {detail['purpose']}"


def _deletes(ledger: Mapping[str, Any], known: Circumstances, past: Past) -> Iterator[str]:
    """What a call truly deleted belongs to the deletion that sent it: confirmed, not undone, kept or refused."""
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
            ident = (call["kind"], task_id)
            said = {items.get((uuid, *ident)) for uuid in by}
            was_undone = known.lies and past.came_back_after(ident, datetime.fromtimestamp(call["at"], UTC))
            if not said - NOT_OURS - {None} and not was_undone and ident not in known.hidden:
                yield f"{call['kind']} {task_id} was deleted, but who sent it says {_names(said - {None}) or 'nothing'}"


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


def _ended(known: Circumstances, past: Past) -> Iterator[str]:
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
    for inspection in Inspection.objects.filter(at=None):
        yield f"An inspection that was due at {inspection.due_at} is not done; it began at {inspection.begun_at}"
    yield from _register(known, past)


def _register(known: Circumstances, past: Past) -> Iterator[str]:
    """A task is shown as deleted exactly when it is gone; or was when we last saw it, or were lied to."""
    gone = past.now | known.gone_before
    for task in TrackedTask.objects.exclude(presence="missing"):
        ident = (task.kind, task.task_id)
        if (task.presence == "present" and ident in known.gone_before) or ident in known.hidden:
            continue
        if (task.presence == "deleted") == (ident in gone):
            continue
        last = DeletionItem.objects.filter(tracked=task, deletion__uuid=task.last_deletion).first()
        lied_to = known.lies and last is not None and last.evidence == SAID
        came_back = last is not None and last.seen_at is not None and past.came_back_after(ident, last.seen_at)
        if not lied_to and not came_back:
            yield f"{task} is shown as {task.presence}, but is {'gone' if ident in gone else 'there'}"


def _names(outcomes: Iterable[Any]) -> str:
    return ", ".join(sorted(map(str, outcomes)))
