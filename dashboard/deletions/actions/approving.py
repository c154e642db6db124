"""Approve and Decline by somebody else, Withdraw by the requester, of a deletion that waits for approval."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from dashboard.access.permissions import APPROVE_DELETIONS, DELETE_TASKS, REFUSALS
from dashboard.calls import accounts
from dashboard.deletions.actions.asking import Asking, By, Refused, asked
from dashboard.deletions.actions.confirming import LONGEST_REASON, Changed, Invalid
from dashboard.deletions.actions.overriding import require_releaser
from dashboard.deletions.actions.scheduling import arm_if_small, schedule
from dashboard.deletions.approvals.decisions import APPROVED, GIVEN_UP, expires_at, give_up, sentence, told
from dashboard.deletions.dispatch.jobs import wake
from dashboard.deletions.drafts import freezing
from dashboard.deletions.drafts.rechecking import lost_since
from dashboard.deletions.models import Decision, Deletion, State
from dashboard.pages.foreign import is_blank, plain

OWN = "You asked for this yourself. Somebody else has to approve it."
OTHER_SET = "This page showed another set than the one that waits, so nothing was approved. Read it, then press again."
NOT_WAITING = "This deletion does not wait for approval."
NOT_YOURS = "Only who asked for it can withdraw it."


def approve(*, deletion: Deletion, by: By, fingerprint: str, count: str, now: datetime) -> None:
    """Schedules it. Raises `Refused`, or `Changed`: the page showed another set, or some of its tasks can't be deleted
    any more. Then it is given up, because that set is not what its requester confirmed, nor what was approved.
    """
    # Reading a million rows takes seconds, in which no process may wait for the account's lock, as at the confirmation.
    large = deletion.total > freezing.AT_ONCE
    lost = 0
    if large:
        _require_approvable(deletion, by, now=now)
        lost = _lost(deletion)
    with asked(by) as asking:
        _, row = asking.lock(deletion)
        _require_approvable(row, by, now=now)
        if (fingerprint, count) != (row.fingerprint, str(row.size)):
            raise Changed(OTHER_SET)
        # Not raised here: that it was given up must be committed.
        if lost := lost if large else _lost(row):
            _void(row, asking, lost=lost, now=now)
        else:
            schedule(row, now=now, **_decided(by, now=now))
            asking.record(APPROVED, row, **told(row), manifest=row.manifest_hash, approved_at=now.isoformat())
    if lost:
        raise Changed(f"{_changed(lost)} It was given up, and nothing is sent. Its requester can ask for the others.")
    arm_if_small(row, now=now)


def _decided(by: By, *, now: datetime) -> dict[str, object]:
    return {
        "decision": Decision.APPROVED,
        "decided_at": now,
        "decider": by.user,
        "decider_name": by.user.get_username(),
    }


def _lost(deletion: Deletion) -> int:
    return sum(map(len, lost_since(deletion).values()))


def _void(row: Deletion, asking: Asking, *, lost: int, now: datetime) -> None:
    give_up(row, Decision.CHANGED, now=now, why=_changed(lost))
    wake(now)
    asking.record(GIVEN_UP[Decision.CHANGED], row, **told(row), lost=lost)


def _changed(lost: int) -> str:
    return f"Since it was asked for, {lost:,} of its tasks became busy, held or gone."


def decline(*, deletion: Deletion, by: By, reason: str, now: datetime) -> None:
    """Raises `Invalid` for the reason."""
    said = reason.strip()
    with asked(by) as asking:
        row = asking.lock_alone(deletion)
        _require_decidable(row, by, now=now)
        if is_blank(said) or len(said) > LONGEST_REASON or "\x00" in said:
            raise Invalid({"reason": f"Give a reason of at most {LONGEST_REASON} characters. Its requester reads it."})
        give_up(row, Decision.DECLINED, now=now, decider=by.user, why=said)
        wake(now)
        asking.record(GIVEN_UP[Decision.DECLINED], row, **told(row), reason=said)


def withdraw(*, deletion: Deletion, by: By, now: datetime) -> None:
    with asked(by) as asking:
        row = asking.lock_alone(deletion)
        _require_waiting(row)
        if row.actor_id != by.user.pk:
            raise Refused(NOT_YOURS)
        give_up(row, Decision.WITHDRAWN, now=now, decider=by.user)
        wake(now)
        asking.record(GIVEN_UP[Decision.WITHDRAWN], row, **told(row))


def _require_waiting(row: Deletion) -> None:
    if row.state != State.AWAITING_APPROVAL:
        raise Refused(sentence(row) or NOT_WAITING)


def _require_decidable(row: Deletion, by: By, *, now: datetime) -> None:
    _require_waiting(row)
    if row.actor_id == by.user.pk:
        raise Refused(OWN)
    # Read once more: the account may have been closed since the page was asked for.
    approver = User.objects.filter(pk=by.user.pk, is_active=True).first()
    if approver is None or not approver.has_perm(APPROVE_DELETIONS):
        raise Refused(REFUSALS[APPROVE_DELETIONS])
    if now >= expires_at(row):
        raise Refused("This waited too long and has expired. Its requester can ask once more.")


def _require_approvable(row: Deletion, by: By, *, now: datetime) -> None:
    _require_decidable(row, by, now=now)
    require_releaser(row, by)
    requester = row.actor
    if requester is None or not requester.is_active or not requester.has_perm(DELETE_TASKS):
        name = plain(row.actor_name)
        raise Refused(f"{name} may not delete tasks any more, so this can't be approved. Decline it.")
    if row.host != accounts.current_host():
        raise Refused(f"This was asked for {row.host}; the dashboard now sends to {accounts.current_host()}.")
