"""The one kind of job that sends, and what wakes it. The queue promises no delivery; the rows do."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django_tasks import task

from dashboard.calls import accounts, clock
from dashboard.calls.models import Account
from dashboard.deletions import engine
from dashboard.deletions.shift import Shift

PATIENCE = timedelta(seconds=3)
"""How long after its moment a shift that was asked for may still come, before another is asked for."""


@task()
def send() -> None:
    """A shift, and the next one's alarm clock when something is left to do."""
    Account.objects.filter(host=accounts.current_host()).update(wake_at=None)
    if Shift().run():
        due = engine.next_due(now=clock.now())
        if due is not None:
            wake(due)


def wake(moment: datetime) -> None:
    """Enqueues a shift for `moment`, unless one is already asked for by then.

    Inside the caller's transaction, if there is one: queue and rows share a database, so they commit together.
    """
    now = clock.now()
    account = accounts.current()
    nobody_comes = Q(wake_at=None) | Q(wake_at__gt=moment) | Q(wake_at__lt=now - PATIENCE)
    if Account.objects.filter(nobody_comes, pk=account.pk).update(wake_at=max(moment, now)):
        send.using(run_after=moment if moment > now else None).enqueue()
