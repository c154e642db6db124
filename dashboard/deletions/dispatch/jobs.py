"""The jobs that send and freeze, and what wakes them: the queue may lose a job, so the rows tell what is left to do."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from dashboard.calls import accounts, clock, slots
from dashboard.calls.models import Account
from dashboard.deletions.dispatch import agenda, restoring
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion

PATIENCE = timedelta(seconds=3)
"""How late a requested shift may start before another one is requested."""
LONGEST = 1800.0
"""Seconds after which a shift ends even if no job waits: the queue forgets jobs that take a day."""
FREEZING_LENGTH = 10.0
"""Seconds after which freezing lets other jobs have the worker; there may be only one."""
FREEZING_PATIENCE = timedelta(seconds=15)
"""Time without progress after which freezing is requested again: a shift may have the worker for 10 s."""


@task()
def send() -> None:
    """Runs a shift, and wakes the next one if something is left to do."""
    Account.objects.filter(host=accounts.current_host()).update(wake_at=None)
    # Before any call leaves: this may be the first action on a copy that was restored.
    restoring.notice(now=clock.now())
    ends = time.monotonic() + LONGEST
    if Shift(may_go_on=lambda: time.monotonic() < ends and nobody_waits()).run():
        due = agenda.next_due(now=clock.now())
        if due is not None:
            wake(due)


def nobody_waits() -> bool:
    """Whether no other kind of job waits for a worker, of which there may be only one, and no slot for a shift.

    Pictures wait for it, and not it for pictures: their jobs have a lower priority.
    """
    others = DBTaskResult.objects.ready().filter(priority__gte=send.priority).exclude(task_path=send.module_path)
    return not slots.any_free() and not others.exists()


def wake(moment: datetime) -> None:
    """Enqueues a shift for `moment`, unless one is requested for an earlier moment or waits for a worker.

    This is inside the caller's transaction, if there is one: queue and rows share a database and commit together.
    """
    now = clock.now()
    if DBTaskResult.objects.ready().filter(task_path=send.module_path).exists():
        return
    account = accounts.current()
    nobody_comes = Q(wake_at=None) | Q(wake_at__gt=moment) | Q(wake_at__lt=now - PATIENCE)
    if Account.objects.filter(nobody_comes, pk=account.pk).update(wake_at=max(moment, now)):
        send.using(run_after=moment if moment > now else None).enqueue()


@task()
def freeze(uuid: str) -> None:
    draft = Deletion.objects.filter(uuid=uuid).first()
    end = time.monotonic() + FREEZING_LENGTH
    while draft and freezing.step(draft, now=clock.now()):
        if time.monotonic() > end:
            freeze.enqueue(uuid)
            return


def wake_freezing(deletion: Deletion, *, now: datetime) -> None:
    """Requests freezing again if it made no progress for a while: its worker may have died."""
    if _stuck(now).filter(pk=deletion.pk).update(freezing_at=now):
        freeze.enqueue(str(deletion.uuid))


def wake_stuck_freezing(*, now: datetime) -> None:
    """Requests freezing again for every stuck draft, also if no person has its page open."""
    for draft in _stuck(now):
        wake_freezing(draft, now=now)


def _stuck(now: datetime) -> QuerySet[Deletion]:
    return Deletion.objects.being_frozen().filter(freezing_at__lt=now - FREEZING_PATIENCE)
