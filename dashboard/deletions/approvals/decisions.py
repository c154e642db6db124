"""A request for approval: how long it waits, what ends it, and how that is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User

from dashboard.deletions.models import Decision, Deletion, State
from dashboard.pages.foreign import plain
from dashboard.pages.moments import in_words

GIVEN_UP = {
    Decision.DECLINED: "deletion.declined",
    Decision.WITHDRAWN: "deletion.withdrawn",
    Decision.EXPIRED: "deletion.approval_expired",
    Decision.CHANGED: "deletion.approval_voided",
}
"""The entries of the audit log."""
ASKED, APPROVED = "deletion.approval_asked", "deletion.approved"


def lifetime() -> timedelta:
    return timedelta(hours=settings.DELETION_APPROVAL_HOURS)


def expires_at(deletion: Deletion) -> datetime:
    """Of one that waits."""
    return (deletion.approval_asked_at or deletion.created_at) + lifetime()


def give_up(row: Deletion, decision: Decision, *, now: datetime, decider: User | None = None, why: str = "") -> None:
    """None of its tasks is deleted; each of them is kept, a chunk at a time. The row is locked."""
    Deletion.objects.filter(pk=row.pk, state=State.AWAITING_APPROVAL).update(
        state=State.DISCARDED,
        decision=decision,
        decided_at=now,
        finished_at=now,
        decider=decider,
        decider_name=decider.get_username() if decider else "",
        declined_reason=why,
        # Who withdrew it knows.
        opened_at=now if decision == Decision.WITHDRAWN else None,
    )


def told(row: Deletion) -> dict[str, object]:
    """What every entry about a request has."""
    return {"tasks": row.size, "fingerprint": row.fingerprint}


def sentence(deletion: Deletion) -> str:
    """How far its request for approval is; empty where nobody had to agree."""
    if deletion.state == State.AWAITING_APPROVAL:
        return f"Nothing is sent before somebody else approves it. It waits until {in_words(expires_at(deletion))}."
    if deletion.decided_at is None or not deletion.decision:
        return ""
    on, by = in_words(deletion.decided_at), plain(deletion.decider_name)
    because = f": “{plain(deletion.declined_reason)}”" if deletion.declined_reason else ""
    return {
        Decision.APPROVED: f"Approved by {by} on {on}.",
        Decision.DECLINED: f"Declined by {by} on {on}{because}. Nothing was sent.",
        Decision.WITHDRAWN: f"Withdrawn by {by} on {on}. Nothing was sent.",
        Decision.EXPIRED: f"Nobody approved it until {on}, so it expired. Nothing was sent.",
        Decision.CHANGED: f"{deletion.declined_reason} That was found on {on}. Nothing was sent.",
    }[Decision(deletion.decision)]
