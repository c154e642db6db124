from __future__ import annotations

from datetime import datetime, timedelta

from django_tasks import task

from dashboard.calls import clock
from dashboard.rules import running
from dashboard.rules.models import Run

PATIENCE = timedelta(seconds=10)
"""Time without progress after which another job is requested."""


@task()
def go_on(uuid: str) -> None:
    run = Run.objects.filter(uuid=uuid).first()
    while run and running.step(run, now=clock.now()):
        pass


def wake_stuck(*, now: datetime) -> None:
    """Requests a job again where none made progress for a while: its worker may have died, or a set is being frozen."""
    for run in Run.objects.filter(state=Run.State.DRAFTING, moved_at__lt=now - PATIENCE):
        if Run.objects.filter(pk=run.pk, moved_at=run.moved_at).update(moved_at=now):
            go_on.enqueue(str(run.uuid))
