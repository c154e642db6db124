"""Real workers: two at once, and one that is killed."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.calls.models import ProviderCall, Slot, Worker
from dashboard.register.models import Presence, TrackedTask
from tests.deletions.processes import FAST, until
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)
REFRESHING = {**FAST, "REFRESH_CALLS_PER_MINUTE": "6000"}


def looked_up() -> int:
    return TrackedTask.objects.filter(checked_at__isnull=False).count()


def all_looked_up() -> bool:
    # What was claimed by a worker that died, or whose call got no answer on a busy machine, is free only minutes later.
    TrackedTask.objects.filter(checked_at=None).update(asked_at=timezone.now() - timedelta(hours=1))
    return looked_up() == 600


def test_two_workers_look_nothing_up_twice_and_one_goes_on_when_the_other_is_killed(sandbox, start) -> None:
    tasks = TrackedTaskFactory.build_batch(600)
    TrackedTask.objects.bulk_create(tasks)
    sandbox.control(latency=0.05)
    first = start("worker", **REFRESHING)
    until(lambda: looked_up() > 0)
    start("worker", **REFRESHING)
    until(lambda: Worker.objects.count() == 2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    # Its leases run out at once.
    over = timezone.now() - timedelta(seconds=1)
    Slot.objects.update(lease_until=over)
    ProviderCall.objects.in_hand().update(lease_until=over)
    until(lambda: not TrackedTask.objects.filter(asked_at=None).exists())
    calls = [call["ids"][0] for call in sandbox.ledger()["calls"] if call["operation"] == "look_up"]
    asked = Counter(task_id for task_id in calls if TrackedTask.objects.filter(task_id=task_id).exists())
    witnesses = Counter(ProviderCall.objects.values_list("purpose", flat=True))["witness"]
    # Only a witness is asked about once more.
    assert sum(asked.values()) - len(asked) <= witnesses
    until(all_looked_up)
    assert not TrackedTask.objects.exclude(presence=Presence.PRESENT).exists()
    # Nor does it keep a slot, or leave a call open: the other cleans up.
    until(lambda: not ProviderCall.objects.in_hand().exists())
    until(lambda: not Slot.objects.filter(token__isnull=False).exists())
