"""Pause and Resume of a confirmed deletion."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from dashboard.calls import accounts, controls
from dashboard.calls.models import Account
from dashboard.calls.sending import MISSING_KEY
from dashboard.deletions.actions.asking import By, Refused, asked
from dashboard.deletions.dispatch import restoring
from dashboard.deletions.dispatch.jobs import wake
from dashboard.deletions.models import Deletion, State


def pause(*, deletion: Deletion, by: By) -> None:
    with asked(by) as asking:
        row = asking.lock_alone(deletion)
        # A stopped deletion only looks up doubtful items and then finishes, so there is nothing to pause.
        if not row.is_sending:
            raise Refused("Only a running deletion that was not stopped can be paused.")
        reason = f"Paused by {by.user.get_username()}."
        paused = {"state": State.PAUSED, "paused_reason": reason, "paused_by_account": False}
        Deletion.objects.filter(pk=row.pk).update(**paused)
        asking.record("deletion.paused", row)


def resume(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Resumes a paused deletion. If the account paused it, all deletions that the account paused go on."""
    _require_same_provider(deletion)
    with asked(by) as asking:
        account, row = asking.lock(deletion)
        if restoring.is_under_way():
            raise Refused(restoring.UNDER_WAY)
        controls.look_again(account, now=now)
        if account.doubt and not account.paused_reason and row.is_paused_by_account:
            # It goes on when look-ups can be trusted again, which is checked now.
            wake(now)
            asking.record("deletion.resumed", row, doubt=account.doubt)
            return
        if row.state != State.PAUSED:
            raise Refused("Only a paused deletion can be resumed.")
        _go_on(row, account, now=now)
        wake(now)
        other_key = {"key": accounts.current_key()} if row.key != accounts.current_key() else {}
        older = {"older": True} if accounts.is_older(account) else {}
        asking.record("deletion.resumed", row, **other_key, **older)
    if older:
        # A person has handled the loss, so it is forgotten.
        restoring.notice(now=now)


def _require_same_provider(deletion: Deletion) -> None:
    if deletion.host != accounts.current_host():
        raise Refused(
            f"Confirmed for {deletion.host}, but this dashboard now sends to {accounts.current_host()}. "
            "Set TENSORSLAB_API_URL back to resume."
        )
    if not settings.TENSORSLAB_API_KEY:
        raise Refused(MISSING_KEY)


def _go_on(row: Deletion, account: Account, *, now: datetime) -> None:
    """Resumes the account, this deletion and all that the account paused. Bad results don't pause this one again."""
    going_on = {"state": State.RUNNING, "paused_reason": "", "paused_by_account": False}
    this = Deletion.objects.filter(pk=row.pk)
    this.update(**going_on, key=accounts.current_key())
    this.mostly_refused().update(refusals_accepted_at=now)
    this.mostly_silent().update(refusals_accepted_at=now)
    this.mostly_gone().update(absence_accepted_at=now)
    others = Deletion.objects.paused_by_account().filter(host=account.host)
    others.filter(key=row.key).update(**going_on, key=accounts.current_key())
    others.update(**going_on)
    accounts.resume(account)
