"""The jobs that place and release large sets. The queue may lose a job; the rows tell what is left to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Model
from django_tasks import task

from dashboard.calls import clock
from dashboard.register.holding import steps
from dashboard.register.models import Hold, HoldRelease

LENGTH = 5.0
"""Seconds of one job. There may be only one worker, which deletions need too."""
PATIENCE = timedelta(seconds=10)
"""Time without progress after which another job is requested."""
Row = TypeVar("Row", bound=Model)


@task()
def place(uuid: str) -> None:
    hold = Hold.objects.filter(uuid=uuid, moved_at__isnull=False).first()
    if hold is not None and goes_on(steps.place, hold):
        place.enqueue(uuid)


@task()
def lift(uuid: str) -> None:
    release = HoldRelease.objects.filter(uuid=uuid, moved_at__isnull=False).first()
    if release is not None and goes_on(steps.lift, release):
        lift.enqueue(uuid)


def goes_on(step: Callable[..., bool], row: Row) -> bool:
    """Does steps until time is up. True if something is left then."""
    ends = time.monotonic() + LENGTH
    while step(row, now=clock.now()):
        if time.monotonic() > ends:
            return True
    return False


def wake_stuck(*, now: datetime) -> None:
    """Requests a job again where none made progress for a while: its worker may have died."""
    for hold in Hold.objects.in_force().filter(moved_at__lt=now - PATIENCE):
        if Hold.objects.filter(pk=hold.pk, moved_at=hold.moved_at).update(moved_at=now):
            place.enqueue(str(hold.uuid))
    for release in HoldRelease.objects.filter(moved_at__lt=now - PATIENCE):
        if HoldRelease.objects.filter(pk=release.pk, moved_at=release.moved_at).update(moved_at=now):
            lift.enqueue(str(release.uuid))
