"""The job that forgets large sets. The queue may lose it; the rows tell what is left to do."""

from __future__ import annotations

from datetime import datetime

from django_tasks import task

from dashboard.deletions.forgetting import steps
from dashboard.deletions.models import Forgetting
from dashboard.register.holding.jobs import PATIENCE, goes_on


@task()
def go_on(uuid: str) -> None:
    forgetting = Forgetting.objects.filter(uuid=uuid, moved_at__isnull=False).first()
    if forgetting is not None and goes_on(steps.step, forgetting):
        go_on.enqueue(uuid)


def wake_stuck(*, now: datetime) -> None:
    """Requests a job again where none made progress for a while: its worker may have died."""
    for row in Forgetting.objects.filter(moved_at__lt=now - PATIENCE):
        if Forgetting.objects.filter(pk=row.pk, moved_at=row.moved_at).update(moved_at=now):
            go_on.enqueue(str(row.uuid))
