"""The promises of the worker, each kept once by a real process over the real queue."""

from __future__ import annotations

import signal
from configparser import RawConfigParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.calls.models import ProviderCall, Worker
from dashboard.deletions import actions
from dashboard.deletions.dispatch import jobs
from dashboard.deletions.management.commands import worker as command
from dashboard.deletions.models import State
from dashboard.operations import supervision
from tests import oracle
from tests.conftest import Person
from tests.deletions.processes import FAST, finished, until

pytestmark = pytest.mark.django_db(transaction=True)

THOUSANDS = 3_000


def test_a_worker_process_carries_a_confirmed_deletion_out(sandbox, start, confirm, images) -> None:
    start("worker", **FAST)
    deletion = confirm(images(23))
    until(lambda: finished(deletion))
    assert deletion.deleted == 23
    assert Worker.objects.count() == 1


class Queue:
    """A queue's worker that stops where it would wait."""

    running, backend_name, queue_names, ran = True, "default", ["default"], 0

    def run(self) -> None:
        self.ran += 1
        DBTaskResult.objects.update(status="SUCCESSFUL")

    @property
    def interval(self) -> float:
        self.running = False
        return 0.0


def test_a_look_into_an_empty_queue_takes_no_lock_for_writing() -> None:
    empty, filled = Queue(), Queue()
    with CaptureQueriesContext(connection) as asked:
        command._work(empty)
    assert [query["sql"].split()[0] for query in asked] == ["SELECT"]
    jobs.wake(timezone.now())
    command._work(filled)
    assert (empty.ran, filled.ran) == (0, 1)


def test_a_worker_that_is_told_to_stop_finishes_the_calls_in_hand(sandbox, start, confirm, images) -> None:
    sandbox.control(latency=0.5)
    worker = start("worker", **FAST)
    deletion = confirm(images(60))
    until(lambda: ProviderCall.objects.filter(state="open").count() == 4)
    for _ in range(100):
        worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=10) == 0
    deletion.refresh_from_db()
    assert deletion.sent == 0
    assert deletion.waiting > 0
    assert deletion.deleted == len(sandbox.ledger()["deleted"]["image"])
    assert not ProviderCall.objects.filter(state__in=["open"]).exists()


SLOW_RESOLVER = """
import socket, time
socket.getaddrinfo = lambda *address, **options: time.sleep(60)
"""
"""Read by Python at the start of a process that finds it in its path as sitecustomize.py."""


@pytest.mark.parametrize("stuck", ["provider", "resolver"])
def test_a_worker_that_is_told_to_stop_waits_for_no_call_beyond_its_deadline(
    stuck, settings, sandbox, start, confirm, images, tmp_path
) -> None:
    settings.TENSORSLAB_TIMEOUT = 2.0
    promised = settings.TENSORSLAB_TIMEOUT + 5
    variables = dict(FAST)
    if stuck == "provider":
        sandbox.control(queue=["hang:before", "hang:after"] * 2)
    else:
        (tmp_path / "sitecustomize.py").write_text(SLOW_RESOLVER)
        variables["PYTHONPATH"] = str(tmp_path)
    worker = start("worker", **variables)
    deletion = confirm(images(60))
    until(lambda: ProviderCall.objects.filter(state="open").count() == 4)
    worker.terminate()
    try:
        assert worker.wait(timeout=promised) == 0
    finally:
        worker.kill()
    deletion.refresh_from_db()
    assert (deletion.unknown, deletion.sent, deletion.waiting) == (20, 0, 40)
    assert ProviderCall.objects.filter(state="lost").count() == ProviderCall.objects.count() == 4

    supervisor = RawConfigParser()
    supervisor.read_string(supervision.configuration())
    assert supervisor.getint("program:worker", "stopwaitsecs") >= promised


def test_a_refused_key_stops_thousands_until_a_right_one_is_resumed(
    settings, sandbox, start, confirm, images, olga
) -> None:
    hundreds = {**FAST, "TENSORSLAB_BATCH_SIZE": "100"}
    sandbox.control(latency=0.1)
    worker = start("worker", **hundreds)
    deletion = confirm(images(THOUSANDS))
    until(lambda: sandbox.summary()["deleted"]["image"] >= 600)
    sandbox.control(api_key="another-key")

    def paused() -> bool:
        deletion.refresh_from_db()
        return deletion.state == State.PAUSED

    until(paused)
    worker.terminate()
    assert worker.wait(timeout=30) == 0
    person = Person.signed_in(olga)
    assert "API key rejected (401)." in person.get(deletion.get_absolute_url()).content.decode()
    deletion.refresh_from_db()
    assert deletion.deleted + deletion.waiting == THOUSANDS
    assert 600 <= deletion.deleted == sandbox.summary()["deleted"]["image"] < THOUSANDS
    calls = sandbox.ledger()["calls"]
    refused_at = min(call["answered_at"] for call in calls if call["http_status"] == 401)
    assert sum(call["at"] > refused_at for call in calls) <= settings.TENSORSLAB_CONCURRENCY

    settings.TENSORSLAB_API_KEY = "another-key"
    worker = start("worker", **hundreds | {"TENSORSLAB_API_KEY": "another-key"})
    actions.resume(deletion=deletion, by=actions.By(user=olga), now=timezone.now())
    until(lambda: finished(deletion))
    worker.terminate()
    assert worker.wait(timeout=30) == 0
    assert deletion.deleted == THOUSANDS
    assert oracle.violations(sandbox.ledger(), ended=True) == []


@pytest.mark.postgres
def test_three_workers_share_the_calls_that_may_be_in_flight(sandbox, start, confirm, images) -> None:
    sandbox.control(latency=0.05)
    for _ in range(3):
        start("worker", **FAST)
    deletion = confirm(images(150))
    until(lambda: finished(deletion))
    assert deletion.deleted == 150
    assert sandbox.ledger()["max_in_flight"] <= 4
    sent = [task_id for call in sandbox.ledger()["calls"] for task_id in call["ids"]]
    assert len(sent) == len(set(sent)) == 150
