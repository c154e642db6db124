"""Requests about unknown tasks, and about answers that no witness vouches for."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from dashboard.calls import doubts
from dashboard.deletions.actions.asking import By, Refused, asked
from dashboard.deletions.dispatch import agenda
from dashboard.deletions.dispatch.jobs import wake
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State


def accept(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Accepts answers that no witness vouches for, because the register has none. The audit log names the person."""
    with asked(by) as asking:
        account, row = asking.lock(deletion)
        its_own = row.is_paused_by_account and row.host == account.host
        if not its_own or not doubts.may_accept(account, now=now):
            raise Refused("There is nothing to accept: TensorsLab's answers are vouched for, or are to be again.")
        doubts.accept(account, by=by.user.get_username())
        wake(now)
        asking.record("account.accepted", row, doubt=account.doubt, host=account.host)
    agenda.heed_account(now=now)


def check_unknown(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Looks the unknown tasks up again. Deletes nothing."""
    with asked(by) as asking:
        _, row = asking.lock(deletion)
        taken = DeletionItem.objects.filter(tracked=OuterRef("tracked"), open=True)
        unknown = row.items.filter(outcome=Outcome.UNKNOWN, open=False).exclude(Exists(taken))
        if row.state != State.FINISHED or not unknown.exists():
            raise Refused("There is nothing to check: no task of this deletion is unknown.")
        again = {"failures": 0, "gone_times": 0, "there_times": 0, "inspection": None}
        unknown.update(open=True, not_before=now, if_there=DeletionItem.IfThere.TELL, **again)
        not_ended = {"finished_at": None, "closed_at": None, "opened_at": None, "stopped_at": None}
        Deletion.objects.filter(pk=row.pk).update(state=State.RUNNING, checked_at=now, **not_ended)
        wake(now)
        asking.record("deletion.checked", row, unknown=row.unknown)
