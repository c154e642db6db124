"""What is due: which deletions begin or pause, and when the next shift has something to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, Exists, F, Value, When

from dashboard.calls import accounts
from dashboard.calls.models import Account
from dashboard.deletions import arming
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.deletions.moves import finish_if_done

FAR_AHEAD = timedelta(minutes=3)


def begin_due(*, now: datetime) -> None:
    """Starts what is past its grace, and pauses what was confirmed for another host."""
    due = Deletion.objects.filter(state=State.SCHEDULED, starts_at__lte=now)
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            Deletion.objects.filter(pk=pk, state=State.SCHEDULED).update(state=State.RUNNING)
            finish_if_done(pk, now=now)
    host = accounts.current_host()
    for row in Deletion.objects.filter(state=State.RUNNING).exclude(host=host):
        reason = f"Confirmed for {row.host}, but this dashboard now sends to {host}. Nothing is sent."
        Deletion.objects.filter(pk=row.pk, state=State.RUNNING).update(state=State.PAUSED, paused_reason=reason)


def heed_account() -> None:
    """Shows a pause of the whole account on every deletion it stops."""
    account = accounts.current()
    if account.paused_reason:
        # The reason is looked at once more by the statement that acts on it: somebody may just have resumed.
        still = Account.objects.filter(pk=account.pk).exclude(paused_reason="")
        running = Deletion.objects.filter(Exists(still), state=State.RUNNING, host=account.host)
        running.update(state=State.PAUSED, paused_reason=account.paused_reason, paused_by_account=True)


def unstrand(*, now: datetime) -> None:
    """Brings near what a clock that has been put back left far ahead: no pause of ours is that long."""
    stranded = DeletionItem.objects.filter(not_before__gt=now + FAR_AHEAD)
    stranded.update(not_before=now, lost_at=Case(When(lost_at__gt=now, then=Value(now)), default=F("lost_at")))
    for row in Deletion.objects.filter(state=State.SCHEDULED, confirmed_at__gt=now + FAR_AHEAD):
        grace = row.starts_at - row.confirmed_at if row.starts_at and row.confirmed_at else timedelta()
        Deletion.objects.filter(pk=row.pk, state=State.SCHEDULED).update(starts_at=now + grace)
    accounts.forget_impossible_rest(now=now)


def next_due(*, now: datetime) -> datetime | None:
    """When the next shift has something to do, or None when nothing is left to do without a person."""
    moments = list(Deletion.objects.filter(state=State.SCHEDULED).values_list("starts_at", flat=True))
    if arming.unfinished_chunks():
        moments.append(now)
    account = accounts.current()
    if not account.paused_reason:
        for deletion in Deletion.objects.filter(state=State.RUNNING, host=account.host):
            look_ups = deletion.items.filter(not_before__isnull=False, call__isnull=True).order_by("not_before")
            to_send = not deletion.stopped_at and deletion.waiting > 0
            moment = now if to_send else look_ups.values_list("not_before", flat=True).first()
            if moment is not None:
                moments.append(max(moment, account.rest_until or moment))
    if Deletion.objects.filter(state=State.RUNNING).exclude(host=account.host).exists():
        moments.append(now)
    return min((moment for moment in moments if moment is not None), default=None)
