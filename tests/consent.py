"""What people agreed to, and what they protected, held against the provider's ledger and the audit log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F

from dashboard.audit.models import AuditEvent
from dashboard.calls.models import ProviderCall
from dashboard.calls.recording import digest
from dashboard.deletions.models import Decision, Deletion
from dashboard.register.models import HeldTask
from tests.past import Circumstances, Ident

COMMITTED_AFTER_THE_LOG = 0.5
"""Seconds. A hold writes to the log last: a call that left before this may not have seen it."""
COMMITTED_WITHIN = 3.0
"""Of what tells no moment but that of the request, which then waits for the database: rules that take in, imports."""
AT_ONCE = timedelta(seconds=2)
"""Two requests that are so near may have been carried out in either order."""
DECIDED = ["deletion.approved", "deletion.declined", "deletion.withdrawn"]
DECISIONS = [*DECIDED, "deletion.approval_expired", "deletion.approval_voided"]


class Left(NamedTuple):
    """A delete call as it was written down."""

    at: datetime
    deletion: Any


def violations(ledger: Mapping[str, Any], known: Circumstances) -> Iterator[str]:
    yield from _approvals(known)
    yield from _decisions()
    yield from _limits()
    calls = list(_arrived(ledger, known))
    yield from _arrived_unapproved(calls, known)
    yield from _held(calls, known)


def _approvals(known: Circumstances) -> Iterator[str]:
    """No delete of what somebody else had to agree to left before they did."""
    approved = _approved()
    asked = Deletion.objects.exclude(approval_asked_at=None).values("uuid")
    sent = ProviderCall.objects.filter(operation="delete", sent_at__isnull=False, deletion__in=asked)
    for uuid, at in sent.values_list("deletion", "sent_at"):
        if uuid not in approved or at < approved[uuid] - timedelta(seconds=known.skew):
            yield f"A delete of {uuid} left at {at}, and it was approved at {approved.get(uuid)}"


def _approved() -> dict[Any, datetime]:
    asked = Deletion.objects.exclude(approval_asked_at=None)
    return dict(asked.filter(decision=Decision.APPROVED).values_list("uuid", "decided_at"))


def _arrived(ledger: Mapping[str, Any], known: Circumstances) -> Iterator[tuple[Mapping[str, Any], list[Left]]]:
    """The deletes that reached the provider, each with the calls of ours that it may be."""
    written: dict[tuple[str, str], list[Left]] = defaultdict(list)
    deletes = ProviderCall.objects.filter(operation="delete", sent_at__isnull=False)
    for kind, carried, at, uuid in deletes.values_list("kind", "digest", "sent_at", "deletion"):
        written[kind, carried].append(Left(at, uuid))
    longest = timedelta(seconds=settings.TENSORSLAB_TIMEOUT + 1 + known.skew)
    for call in ledger["calls"]:
        if call["operation"] == "delete" and call["ids"]:
            at, skew = _moment(call["at"]), timedelta(seconds=known.skew)
            same = written[call["kind"], digest(call["ids"])]
            yield call, [left for left in same if at - longest <= left.at <= at + skew]


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _arrived_unapproved(calls: list[tuple[Mapping[str, Any], list[Left]]], known: Circumstances) -> Iterator[str]:
    """By the provider's own clock."""
    approved, skew = _approved(), timedelta(seconds=known.skew)
    asked = set(Deletion.objects.exclude(approval_asked_at=None).values_list("uuid", flat=True))
    for call, may_be in calls:
        of = {left.deletion for left in may_be}
        if (
            of
            and of <= asked
            and not any(uuid in approved and approved[uuid] - skew <= _moment(call["at"]) for uuid in of)
        ):
            yield f"A delete of {len(call['ids'])} arrived at {_moment(call['at'])} that nobody had approved: {of}"


class Span(NamedTuple):
    """From when to when a task was surely under a hold."""

    begin: datetime
    end: datetime | None
    by: str


def _held(calls: list[tuple[Mapping[str, Any], list[Left]]], known: Circumstances) -> Iterator[str]:
    """No task was in a call that left while it was under a hold."""
    spans = _spans(timedelta(seconds=known.skew))
    for call, may_be in calls:
        for task_id in call["ids"]:
            for span in spans.get((call["kind"], task_id), []):
                if may_be and all(span.begin < left.at and (not span.end or left.at < span.end) for left in may_be):
                    yield (
                        f"{call['kind']} {task_id} left at {may_be[0].at}, {span.by} held it from {span.begin} "
                        f"until {span.end}"
                    )


def _spans(skew: timedelta) -> dict[Ident, list[Span]]:
    placed = dict(AuditEvent.objects.filter(action="hold.placed").values_list("subject", "at"))
    rows = HeldTask.objects.annotate(uuid=F("hold__uuid"), by=F("hold__by"), released_at=F("release__released_at"))
    spans: dict[Ident, list[Span]] = defaultdict(list)
    for kind, task_id, uuid, by, at, until in rows.values_list(
        "task__kind", "task__task_id", "uuid", "by", "held_at", "released_at"
    ):
        told = placed.get(str(uuid))
        surely = at + timedelta(seconds=COMMITTED_WITHIN)
        if told and told >= at:
            surely = told + timedelta(seconds=COMMITTED_AFTER_THE_LOG)
        # A call whose moment was read just before that of the release may have left after it.
        end = until - skew - timedelta(seconds=COMMITTED_WITHIN) if until else None
        spans[kind, task_id].append(Span(surely + skew, end, by))
    return spans


def _decisions() -> Iterator[str]:
    """One decision each, by somebody else, whose account was open."""
    decided: dict[str, list[AuditEvent]] = defaultdict(list)
    for event in AuditEvent.objects.filter(action__in=DECISIONS).order_by("sequence"):
        decided[event.subject].append(event)
    requesters = {str(uuid): name for uuid, name in Deletion.objects.values_list("uuid", "actor_name")}
    standing = ["person.disabled", "person.opened"]
    closings = list(AuditEvent.objects.filter(action__in=standing).order_by("sequence"))
    for uuid, events in decided.items():
        if len(events) > 1:
            yield f"Deletion {uuid} was decided on {len(events)} times: {[event.action for event in events]}"
        for event in events:
            others = event.action in DECIDED[:2]
            if others and event.actor == requesters.get(uuid):
                yield f"{event.actor} decided on their own deletion {uuid}: {event.action}"
            before = [one for one in closings if one.subject == event.actor and one.sequence < event.sequence]
            if others and before and before[-1].action == standing[0] and before[-1].at < event.at - AT_ONCE:
                yield f"{event.actor} was closed at {before[-1].at}, and decided on {uuid} at {event.at}"


def _limits() -> Iterator[str]:
    """Nobody confirmed more than they may, and began without asking."""
    limits: dict[str, list[tuple[datetime, int | None]]] = defaultdict(list)
    for event in AuditEvent.objects.filter(action="person.limits_changed").order_by("sequence"):
        limits[event.subject].append((event.at, (event.detail["after"] or {}).get("most_tasks")))
    entries = AuditEvent.objects.filter(action="deletion.confirmed").order_by("sequence")
    written = dict(entries.values_list("subject", "at"))
    above = settings.DELETION_APPROVAL_ABOVE
    for deletion in Deletion.objects.confirmed().filter(approval_asked_at=None):
        at, size, changes = deletion.confirmed_at, deletion.size, limits[deletion.actor_name]
        if at is None:
            continue
        if above is not None and size > above:
            yield f"Deletion {deletion.code} of {size} asked nobody, above {above} it has to"
        before = [most for changed, most in changes if changed <= at - AT_ONCE][-1:] or [None]
        # The confirmation waits for the database between its own moment and that of its entry.
        until = max(at, written.get(str(deletion.uuid), at)) + AT_ONCE
        about = [most for changed, most in changes if at - AT_ONCE < changed <= until]
        if all(most is not None and size > most for most in before + about):
            yield f"Deletion {deletion.code} of {size} by {deletion.actor_name} asked nobody: {before + about}"
