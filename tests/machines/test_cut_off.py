"""Two machines share the work. One loses its network in mid-call, and gets it back while the other takes over."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dashboard.calls.models import ProviderCall
from dashboard.deletions import actions
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.register.models import TrackedTask
from tests.deletions.processes import finished, until
from tests.factories import TrackedTaskFactory, UserFactory
from tests.oracle import violations

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def _fast(settings) -> None:
    settings.DELETION_GRACE_SECONDS = 0
    settings.DELETION_TYPED_ABOVE = 1_000
    settings.TENSORSLAB_TIMEOUT = 2.0


def confirmed(number: int) -> Deletion:
    tasks = TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(number))
    olga = UserFactory(role="operator")
    wanted = TrackedTask.objects.filter(pk__in=[task.pk for task in tasks])
    deletion = freezing.freeze_tasks(tasks=wanted, actor=olga)
    by = actions.By(user=olga)
    actions.confirm(deletion=deletion, by=by, reason="Spring", typed=str(number), now=timezone.now())
    return deletion


def calls(state: str) -> int:
    return ProviderCall.objects.filter(state=state).count()


def test_a_machine_that_was_cut_off_in_mid_call_is_replaced_and_comes_back(network, register, sandbox, start) -> None:
    # Half of the first calls are done, half are not; the machine learns of neither.
    sandbox.control(latency=1.0, hang_seconds=5, queue=["hang:before:delete", "hang:after:delete"] * 2)
    lost, other = network.machines
    worker = start(lost)
    deletion = confirmed(100)
    until(lambda: calls("open") == sandbox.world.in_flight == 4)
    replacement = start(other)
    # It is claiming ahead just now, often inside a transaction that locks the deletion.
    lost.cut_off()
    until(lambda: calls("lost") >= 4)
    # It finds its slots and calls in other hands, and what it still had to write comes too late.
    lost.reconnect()
    until(lambda: finished(deletion))
    assert deletion.deleted == 100
    assert violations(sandbox.ledger(), ended=True) == []

    replacement.terminate()
    assert replacement.wait(timeout=60) == 0
    later = confirmed(20)

    def carried_out() -> bool:
        nonlocal worker
        if worker.poll() is not None:
            # As its supervisor does.
            worker = start(lost)
        return finished(later)

    until(carried_out)
    assert later.deleted == 20
    assert violations(sandbox.ledger(), ended=True) == []
