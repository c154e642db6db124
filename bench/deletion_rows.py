"""The rows of a measured deletion: its register, its confirmation and its end. Needs Django set up."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from bench import registers
from bench.product import until
from dashboard.calls.models import Kind, ProviderCall, Worker
from dashboard.deletions import manifest, requests
from dashboard.deletions.models import Deletion, State
from dashboard.inventory.models import Status, TrackedTask

ADDED_AT_ONCE = 2000
OTHERS = 20
"""The newest tasks, which nobody deletes: witnesses, as any register has them."""
FIRST = 20
"""Tasks of the account's first deletion, before the measured one: it learns how TensorsLab answers."""


def drafts(items: int) -> tuple[Deletion, Deletion]:
    """A small draft and the measured one, over a register of their own. All are images, so that every call is full and
    the ideal has no slack."""
    registers.migrate()
    number = FIRST + items + OTHERS
    for start in range(0, number, ADDED_AT_ONCE):
        numbers = range(start, min(number, start + ADDED_AT_ONCE))
        TrackedTask.objects.bulk_create(task(number) for number in numbers)
    in_order = TrackedTask.objects.order_by("created_at")
    actor = registers.person("bench")
    return _draft(in_order[:FIRST], actor), _draft(in_order[FIRST : FIRST + items], actor)


def _draft(chosen: QuerySet[TrackedTask], actor: User) -> Deletion:
    return manifest.freeze_tasks(tasks=TrackedTask.objects.filter(pk__in=chosen.values("pk")), actor=actor)


def task(number: int) -> TrackedTask:
    now = timezone.now()
    return TrackedTask(
        kind=Kind.IMAGE,
        task_id=f"abcd_{number:016x}",
        status=Status.COMPLETED,
        model="seedreamv4",
        prompt=f"A lighthouse at dusk, number {number}, watercolour on rough paper",
        created_at=now + timedelta(minutes=number - 1_000_000),
        tracked_at=now,
    )


def wait_for_workers(number: int) -> None:
    until(lambda: Worker.objects.count() == number, seconds=60)


def confirm(deletion: Deletion) -> float:
    """Confirms it as a person would, and returns the seconds that took."""
    assert deletion.actor
    began = time.perf_counter()
    requests.confirm(
        deletion=deletion,
        by=requests.By(user=deletion.actor),
        reason="Measuring",
        typed=str(deletion.size),
        now=timezone.now(),
    )
    return time.perf_counter() - began


def wait_until_finished(deletion: Deletion, *, alive: Callable[[], bool], seconds: float) -> None:
    def finished() -> bool:
        assert alive(), "A worker died."
        deletion.refresh_from_db()
        assert deletion.state != State.PAUSED, deletion.paused_reason
        return deletion.state == State.FINISHED

    until(finished, seconds=seconds)


def seconds_to_finish(deletion: Deletion) -> float:
    assert deletion.confirmed_at
    assert deletion.finished_at
    return (deletion.finished_at - deletion.confirmed_at).total_seconds()


def seconds_to_first_call(deletion: Deletion) -> float:
    first = ProviderCall.objects.filter(deletion=deletion.uuid).earliest("sent_at")
    assert deletion.confirmed_at
    assert first.sent_at
    return (first.sent_at - deletion.confirmed_at).total_seconds()


def calls() -> int:
    """All that left, controls included: nobody else was at work."""
    return ProviderCall.objects.left().count()
