"""Compares a deletion's request for approval with its entries; nothing was sent before somebody approved it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboard.audit.models import AuditEvent
from dashboard.deletions.approvals.decisions import APPROVED, ASKED, GIVEN_UP
from dashboard.deletions.models import Decision, Deletion, State

ENTRY = {Decision.APPROVED: APPROVED, **GIVEN_UP}
NAMED = {Decision.APPROVED, Decision.DECLINED, Decision.WITHDRAWN}
"""Decided by somebody who is named in the row."""


def wrong(row: Deletion, acts: Sequence[AuditEvent]) -> Iterator[str]:
    asked = [event for event in acts if event.action == ASKED]
    decided = [event for event in acts if event.action in ENTRY.values()]
    if len(asked) != (row.approval_asked_at is not None):
        yield f"{len(asked) or 'no'} entries say that approval was asked for, and its row says otherwise."
    if len(decided) > len(asked) or (decided and decided[0].sequence < asked[0].sequence):
        yield "it was decided on without approval being asked for, or more than once."
        return
    yield from _unlike(row, asked, decided)
    if asked and not decided and row.state != State.AWAITING_APPROVAL:
        yield f"it is {row.state} without the approval that entry {asked[0].sequence} asked for."


def _unlike(row: Deletion, asked: Sequence[AuditEvent], decided: Sequence[AuditEvent]) -> Iterator[str]:
    said = ENTRY[Decision(row.decision)] if row.decision else None
    for event in [*asked, *decided]:
        if event.detail["fingerprint"] != row.fingerprint:
            yield f"it has another fingerprint than entry {event.sequence}."
    for event in asked:
        if event.detail["why"] != row.approval_reasons:
            yield f"its reasons for asking are not those of entry {event.sequence}."
    for event in decided:
        name = event.actor if row.decision in NAMED else ""
        # The reason is removed when a person is erased.
        why = event.detail.get("reason", "") if row.decision == Decision.DECLINED else row.declined_reason
        if (said, row.decider_name, row.declined_reason) != (event.action, name, why):
            yield f"it is {row.state_words.lower()}, and entry {event.sequence} says otherwise."
    if not decided and said:
        yield f"no entry says that it was {row.state_words.lower() if row.state == State.DISCARDED else 'approved'}."


def unapproved(deletes: Sequence[AuditEvent]) -> Iterator[str]:
    """Each delete of a deletion that asked for approval follows it, even if the deletion's rows are gone."""
    subjects = {event.subject for event in deletes}
    entries = AuditEvent.objects.filter(subject__in=subjects)
    asked = dict(entries.filter(action=ASKED).values_list("subject", "sequence"))
    approved = dict(entries.filter(action=APPROVED).order_by("-sequence").values_list("subject", "sequence"))
    for event in deletes:
        if event.subject in asked and approved.get(event.subject, event.sequence) >= event.sequence:
            yield f"Entry {event.sequence} tells of a delete without the approval that was asked for."
