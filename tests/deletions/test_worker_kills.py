"""Workers killed while their requests are on the wire, one after another, and one that finds what they left."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from enum import Enum

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.calls.models import ProviderCall
from dashboard.deletions.dispatch.recovery import WORKER_DIED
from tests import oracle
from tests.deletions.processes import FAST, finished, until
from tests.tensorslab_api.contract import CheckedSandbox

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 3
"""One for each way in which its work may be done, or not."""
ROUNDS = int(os.environ.get("KILL_ROUNDS", "1"))
SLOTS = 2
"""Calls that each worker has in hand when it dies; it has claimed as many ahead."""
BATCH = int(FAST["TENSORSLAB_BATCH_SIZE"])
TIMEOUT = 5.0
"""Long enough for a worker to be killed before it gives up waiting for the answer."""


class Work(Enum):
    """When the provider does what the call asks for, as control of the sandbox."""

    NEVER = {"latency": 0, "queue": ["hang:before:delete"] * SLOTS}
    BEFORE_THE_KILL = {"latency": 0, "queue": ["hang:after:delete"] * SLOTS}
    AFTER_THE_KILL = {"latency": 2}


def _deletes(sandbox: CheckedSandbox) -> list[dict[str, list[str]]]:
    return [call for call in sandbox.ledger()["calls"] if call["operation"] == "delete"]


def _kill_in_mid_call(worker: subprocess.Popen[bytes], sandbox: CheckedSandbox, work: Work) -> None:
    before = len(_deletes(sandbox))

    def on_the_wire() -> bool:
        calls = _deletes(sandbox)[before:]
        arrived = [call for call in calls if call["did"]] if work is Work.BEFORE_THE_KILL else calls
        return len(arrived) >= SLOTS

    until(on_the_wire)
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def _ids_of(calls: list[dict[str, list[str]]]) -> Counter[str]:
    return Counter(task_id for call in calls for task_id in call["ids"])


@pytest.mark.parametrize("round", range(ROUNDS))
def test_workers_killed_in_mid_call_leave_nothing_wrong(
    round: int, settings, sandbox: CheckedSandbox, start: Callable, confirm: Callable, images: Callable
) -> None:
    settings.TENSORSLAB_CONCURRENCY = SLOTS * KILLS
    # Harsh: a list with an id that is gone already fails, so whoever sends again without a look-up needs many calls.
    sandbox.control(hang_seconds=TIMEOUT, already_gone="failure")
    fast = {**FAST, "TENSORSLAB_TIMEOUT": str(TIMEOUT)}
    deletions = []
    for number in range(KILLS):
        work = list(Work)[number % len(Work)]
        sandbox.control(**work.value)
        deletions.append(confirm(images(2 * SLOTS * BATCH)))
        # The slots of the dead stay taken until their leases are lost, so each worker is allowed a few more.
        worker = start("worker", **fast, TENSORSLAB_CONCURRENCY=str(SLOTS * (number + 1)))
        _kill_in_mid_call(worker, sandbox, work)
    sandbox.control(latency=0)
    rescuer = start("worker", **fast)
    until(lambda: all(finished(deletion) for deletion in deletions))
    rescuer.terminate()
    assert rescuer.wait(timeout=30) == 0

    assert {deletion.deleted for deletion in deletions} == {2 * SLOTS * BATCH}
    assert oracle.violations(sandbox.ledger(), ended=True) == []
    killed = [event.detail for event in AuditEvent.objects.filter(detail__error=WORKER_DIED)]
    assert len(killed) == ProviderCall.objects.filter(state="lost").count() >= SLOTS * KILLS
    died_with = _ids_of(killed)
    # A delete, and for each worker that died with the id: two look-ups that find it gone, or one and a delete again.
    events = AuditEvent.objects.filter(action__startswith="call.")
    made = [event.detail for event in events if event.detail["purpose"] not in {"witness", "ghost"}]
    too_often = {one: n for one, n in _ids_of(made).items() if n > 1 + 2 * died_with[one]}
    assert too_often == {}
