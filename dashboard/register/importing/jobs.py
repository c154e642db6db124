"""What the queue calls to check and import large files. It promises no delivery; the batch's row says what is left."""

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
"""Seconds. There may be one worker, and it has deletions to send."""
PATIENCE = timedelta(seconds=10)
"""How long a batch may stand still before another job is asked for."""
LIFETIME = timedelta(days=1)
"""A batch that nobody comes back to, with its pieces; and twice as long, one whose jobs fail again and again."""


def start(batch: ImportBatch) -> None:
    go_on.enqueue(str(batch.uuid))
    watch_over(batch)


def watch_over(batch: ImportBatch) -> None:
    watch.using(run_after=clock.now() + PATIENCE).enqueue(str(batch.uuid))


def wake(batch: ImportBatch) -> None:
    """Asks for another job when the last one seems to be lost. Once for everybody who notices."""
    now = clock.now()
    stands_still = ImportBatch.objects.filter(pk=batch.pk, moved_at__lt=now - PATIENCE)
    if batch.working and stands_still.update(moved_at=now):
        go_on.enqueue(str(batch.uuid))


@task()
def go_on(uuid: str) -> None:
    """Steps until time is up; the next job takes the rest."""
    batch = ImportBatch.objects.filter(uuid=uuid).first()
    if batch is None or not batch.working:
        return
    steps = Checking(batch, pieces.Upload(batch)) if batch.state == STATE.CHECKING else Importing(batch)
    # Remembering what millions of rows have named may take seconds already: a job that did no more would never end it.
    ends = time.monotonic() + LENGTH
    try:
        while steps.step():
            if time.monotonic() > ends:
                go_on.enqueue(uuid)
                return
    except Superseded:
        # Another job is at it: it was thought lost, and was not.
        return
    batch.refresh_from_db()
    if batch.state == STATE.IMPORTED:
        statistics.refresh_after(batch.to_add + batch.to_update)


@task()
def watch(uuid: str) -> None:
    """Comes again and again while the batch is at work: a killed worker's job tells nobody."""
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
