"""Imports beside each other, and one that real workers carry out, of which one is killed in the middle of it."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from dashboard.audit.models import AuditEvent
from dashboard.register import importing
from dashboard.register.importing import jobs, repeats
from dashboard.register.importing.cells.entries import Row
from dashboard.register.models import ImportBatch, ImportPiece, TrackedTask
from tests.deletions.processes import FAST, until
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 30_000


def in_state(batch: ImportBatch, state: str) -> bool:
    batch.refresh_from_db()
    return batch.state == state


def test_a_worker_that_is_killed_in_mid_import_leaves_nothing_undone_or_done_twice(start) -> None:
    olga = UserFactory(username="olga")
    TrackedTaskFactory(kind="image", task_id="t7", prompt="old")
    rows = "".join(f"image,t{number},A lighthouse number {number}\n" for number in range(ROWS))
    content = io.BytesIO(f"kind,task_id,prompt\n{rows}audio,x,\n".encode())
    worker = start("worker", **FAST)
    batch = importing.check(source="tasks.csv", stream=content, user=olga)
    until(lambda: in_state(batch, "checked"))
    assert (batch.to_add, batch.to_update, batch.rejected) == (ROWS - 1, 1, 1)

    importing.apply(batch=batch, actor=olga, address="")
    until(lambda: in_state(batch, "importing") and batch.added > 0)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    batch.refresh_from_db()
    assert 0 < batch.added < ROWS - 1

    # Nobody looks at the page, and nobody asks again: the watch that was set does.
    start("worker", **FAST)
    until(lambda: in_state(batch, "imported"), seconds=jobs.PATIENCE.total_seconds() + 60)
    assert (batch.added, batch.updated) == (ROWS - 1, 1)
    assert TrackedTask.objects.filter(prompt__startswith="A lighthouse number").count() == ROWS
    assert not ImportPiece.objects.exists()
    assert AuditEvent.objects.filter(action="tasks.imported").count() == 1


def test_imports_and_a_deletion_of_the_same_tasks_wait_for_each_other(monkeypatch) -> None:
    """In another order they would deadlock on PostgreSQL."""
    monkeypatch.setattr(repeats, "CHUNK", 200)
    for number in range(0, 600, 2):
        TrackedTaskFactory(kind="image", task_id=f"t{number}")

    def bring_in(numbers: list[int], prompt: str) -> None:
        for round in range(5):
            rows = [Row(number, "image", f"t{number}", {"prompt": f"{prompt} {round}"}) for number in numbers]
            importing.take_in(source="tasks.csv", digest="", entries=rows, actor="olga")

    def delete() -> None:
        for _ in range(20):
            with transaction.atomic():
                list(TrackedTask.objects.order_by("pk").select_for_update())
                TrackedTask.objects.update(last_message="touched")

    def alone(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connection.close()

    forth = list(range(600))
    works = [lambda: bring_in(forth, "forth"), lambda: bring_in(forth[::-1], "back"), delete]
    with ThreadPoolExecutor(3) as pool:
        for future in [pool.submit(alone, work) for work in works]:
            future.result()
    assert TrackedTask.objects.count() == 600
    assert set(TrackedTask.objects.values_list("prompt", flat=True)) <= {"forth 4", "back 4"}
