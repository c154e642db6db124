"""Jobs that check and import large files. The queue may lose a job; the batch's row tells what is left."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import Q
from django_tasks import task

from dashboard.calls import clock
from dashboard.database import statistics
from dashboard.register.importing import pieces
from dashboard.register.importing.steps import STATE, Checking, Importing, Superseded
from dashboard.register.models import ImportBatch

LENGTH = 5.0
"""Seconds of one job. There may be only one worker, which deletions need too."""
PATIENCE = timedelta(seconds=10)
"""Time without progress after which another job is requested."""
LIFETIME = timedelta(days=1)
"""Age at which an abandoned batch is deleted with its pieces; a batch whose jobs always fail at twice that age."""


def start(batch: ImportBatch) -> None:
    go_on.enqueue(str(batch.uuid))
    watch_over(batch)


def watch_over(batch: ImportBatch) -> None:
    watch.using(run_after=clock.now() + PATIENCE).enqueue(str(batch.uuid))


def wake(batch: ImportBatch) -> None:
    """Requests another job if the last one seems lost, even if several processes notice only once."""
    now = clock.now()
    stands_still = ImportBatch.objects.filter(pk=batch.pk, moved_at__lt=now - PATIENCE)
    if batch.working and stands_still.update(moved_at=now):
        go_on.enqueue(str(batch.uuid))


@task()
def go_on(uuid: str) -> None:
    """Does steps until time is up; the next job goes on."""
    batch = ImportBatch.objects.filter(uuid=uuid).first()
    if batch is None or not batch.working:
        return
    steps = Checking(batch, pieces.Upload(batch)) if batch.state == STATE.CHECKING else Importing(batch)
    # Set here, because recalling millions of rows may take seconds: a job that did only that would never end the batch.
    ends = time.monotonic() + LENGTH
    try:
        while steps.step():
            if time.monotonic() > ends:
                go_on.enqueue(uuid)
                return
    except Superseded:
        # The other job, which seemed lost, is still at work.
        return
    batch.refresh_from_db()
    if batch.state == STATE.IMPORTED:
        statistics.refresh_after(batch.to_add + batch.to_update)


@task()
def watch(uuid: str) -> None:
    """Runs again and again while the batch is at work, because a killed worker reports nothing."""
    batch = ImportBatch.objects.filter(uuid=uuid).first()
    if batch is None or not batch.working:
        return
    watch_over(batch)
    wake(batch)


@task()
def forget() -> None:
    now = clock.now()
    given_up = Q(moved_at__lt=now - LIFETIME) | Q(created_at__lt=now - 2 * LIFETIME)
    ImportBatch.objects.filter(given_up).delete()
