"""When look-ups for the register leave the account to deletions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.calls import slots
from dashboard.calls.models import Worker
from dashboard.deletions.dispatch import next_call, precedence
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.models import Deletion, State
from tests.deletions.conftest import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _a_worker_is_there(db: None) -> None:
    Worker.objects.create(name="w", started_at=timezone.now(), beat_at=timezone.now())


def may_ask(*, ahead: float = 0) -> bool:
    return precedence.register_may_ask(now=timezone.now() + timedelta(seconds=ahead))


def test_they_leave_while_nothing_is_to_be_deleted(sandbox, confirm, images) -> None:
    assert may_ask()
    work(confirm(images(2)))
    assert may_ask()


def test_they_make_room_a_second_before_a_deletion_begins(sandbox, settings, confirm, images) -> None:
    settings.DELETION_GRACE_SECONDS = 10
    confirm(images(2))
    assert may_ask()
    assert not may_ask(ahead=9.5)


def test_they_wait_while_a_deletion_has_calls_due(sandbox, confirm, images) -> None:
    deletion = confirm(images(2))
    assert not may_ask()
    Deletion.objects.filter(pk=deletion.pk).update(state=State.PAUSED)
    assert may_ask()


def test_they_wait_while_its_calls_are_in_hand(sandbox, confirm, images) -> None:
    deletion = confirm(images(1))
    Deletion.objects.filter(pk=deletion.pk).update(state=State.RUNNING)
    chunk = next_call.prepare(now=timezone.now())
    assert chunk
    Deletion.objects.filter(pk=deletion.pk).update(state=State.PAUSED)
    assert not may_ask()


def test_without_a_worker_that_could_send_nobody_waits(sandbox, confirm, images) -> None:
    confirm(images(2))
    Worker.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
    assert may_ask()


def test_a_shift_takes_the_slots_that_they_leave_a_moment_later(sandbox, settings, confirm, images) -> None:
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 1, 2
    held = slots.take(2)
    deletion = confirm(images(4))
    tries = []

    class Patient(Shift):
        def _take_slots(self) -> None:
            super()._take_slots()
            tries.append(len(self.ours))
            if not self.ours:
                slots.release(held.pop())

    assert Patient(length=5).run()
    deletion.refresh_from_db()
    assert deletion.deleted == 4
    assert tries[:2] == [0, 1]


def test_a_shift_grows_when_slots_become_free(sandbox, settings, monkeypatch, confirm, images) -> None:
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 1, 2
    monkeypatch.setattr("dashboard.deletions.dispatch.loop.LOOK_ROUND", 0.0)
    [_, other] = slots.take(2)
    slots.release(other)
    shift = Shift(length=5)
    confirm(images(6))
    sandbox.control(latency=0.05)
    taken = []
    look_round = shift._look_round

    def and_count() -> None:
        slots.release(_)
        look_round()
        taken.append(len(shift.ours))

    monkeypatch.setattr(shift, "_look_round", and_count)
    shift.run()
    assert max(taken) == 2
