"""The promises of the worker, each kept once by a real process over the real queue."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from dashboard.calls.models import ProviderCall, Worker
from dashboard.deletions.models import Deletion, State

pytestmark = pytest.mark.django_db(transaction=True)

FAST = {
    "TENSORSLAB_TIMEOUT": "2",
    "DELETION_VERIFY": "none",
    "TENSORSLAB_BATCH_SIZE": "5",
    "TENSORSLAB_API_KEY": "test-key",
}


def _until(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Looks again until it is true: for what another process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "It did not come true in time."
        time.sleep(0.1)


def _finished(deletion: Deletion) -> bool:
    deletion.refresh_from_db()
    assert deletion.state != State.PAUSED, deletion.paused_reason
    return deletion.state == State.FINISHED


def test_a_worker_process_carries_a_confirmed_deletion_out(sandbox, start, confirm, images) -> None:
    start("worker", **FAST)
    deletion = confirm(images(23))
    _until(lambda: _finished(deletion))
    assert deletion.deleted == 23
    assert Worker.objects.count() == 1


def test_a_worker_killed_in_mid_call_leaves_nothing_wrong(sandbox, start, confirm, images) -> None:
    sandbox.control(latency=1.0)
    worker = start("worker", **FAST)
    deletion = confirm(images(60))
    _until(lambda: ProviderCall.objects.filter(state="open").count() == 4)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    sandbox.control(latency=0.0)
    start("worker", **FAST)
    _until(lambda: _finished(deletion))
    gone = set(sandbox.ledger()["deleted"]["image"])
    assert gone == set(deletion.items.values_list("task_id", flat=True))
    assert (deletion.deleted, deletion.waiting, deletion.sent, deletion.unknown) == (60, 0, 0, 0)
    assert not ProviderCall.objects.filter(state__in=["ready", "open"]).exists()
    assert sandbox.ledger()["max_in_flight"] <= 4


def test_a_worker_that_is_told_to_stop_finishes_the_calls_in_hand(sandbox, start, confirm, images) -> None:
    sandbox.control(latency=0.5)
    worker = start("worker", **FAST)
    deletion = confirm(images(60))
    _until(lambda: ProviderCall.objects.filter(state="open").count() == 4)
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=10) == 0
    deletion.refresh_from_db()
    assert deletion.sent == 0
    assert deletion.waiting > 0
    assert deletion.deleted == len(sandbox.ledger()["deleted"]["image"])
    assert not ProviderCall.objects.filter(state__in=["ready", "open"]).exists()


@pytest.mark.postgres
def test_three_workers_share_the_calls_that_may_be_in_flight(sandbox, start, confirm, images) -> None:
    sandbox.control(latency=0.05)
    for _ in range(3):
        start("worker", **FAST)
    deletion = confirm(images(300))
    _until(lambda: _finished(deletion))
    assert deletion.deleted == 300
    assert sandbox.ledger()["max_in_flight"] <= 4
    sent = [task_id for call in sandbox.ledger()["calls"] for task_id in call["ids"]]
    assert len(sent) == len(set(sent)) == 300
