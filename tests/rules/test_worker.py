"""Two real workers over the real queue: a due run is drafted once, and goes on when one of them is killed."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.deletions.models import Deletion
from dashboard.rules.models import Run
from tests.deletions.processes import FAST, until
from tests.rules.conftest import Life

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_draft_a_due_run_once_though_one_is_killed(life: Life, start) -> None:
    life.failed(3, day=1, created_at=timezone.now() - timedelta(days=40))
    life.rule.next_at = timezone.now() - timedelta(minutes=1)
    life.rule.save()
    first, _ = (start("worker", **FAST) for _ in range(2))
    until(lambda: Run.objects.exists())
    first.send_signal(signal.SIGKILL)
    until(lambda: Run.objects.get().state == Run.State.DRAFTED)
    assert Deletion.objects.get().size == 3
    assert life.again().next_at > timezone.now()
