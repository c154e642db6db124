from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.calls import accounts, recording, slots
from dashboard.calls.models import Account, ProviderCall, Slot, Worker
from dashboard.calls.sending import perform
from dashboard.calls.verdicts import Unanswered, judge_delete
from dashboard.deletions import engine, jobs, tending
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.deletions.settling import settle
from dashboard.deletions.tending import Tender
from dashboard.inventory.models import TrackedTask
from tests.deletions.conftest import work

pytestmark = pytest.mark.django_db(transaction=True)


def _claimed(deletion: Deletion, *, opened: bool) -> engine.Chunk:
    engine.begin_due(now=timezone.now())
    chunk = engine.claim(slots.take(1)[0], now=timezone.now())
    assert chunk
    if opened:
        assert engine.open_chunk(chunk, now=timezone.now())
    return chunk


def _expire() -> None:
    past = timezone.now() - timedelta(minutes=5)
    ProviderCall.objects.update(lease_until=past)
    Slot.objects.filter(token__isnull=False).update(lease_until=past)


def test_a_lease_is_lost_only_when_two_ticks_saw_it_expired(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    chunk = _claimed(deletion, opened=True)
    _expire()
    tender = Tender("t")
    tender.tick()
    assert ProviderCall.objects.get(pk=chunk.call_id).state == "open"
    assert slots.any_free()
    assert Slot.objects.filter(token__isnull=False).exists()
    tender.tick()
    assert ProviderCall.objects.get(pk=chunk.call_id).state == "lost"
    assert not Slot.objects.filter(token__isnull=False).exists()
    deletion.refresh_from_db()
    assert deletion.unknown == 3
    assert work(deletion).deleted == 3


def test_a_chunk_that_never_left_is_simply_given_back(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    _claimed(deletion, opened=False)
    _expire()
    tender = Tender("t")
    tender.tick()
    tender.tick()
    deletion.refresh_from_db()
    assert (deletion.waiting, deletion.sent, deletion.unknown) == (3, 0, 0)
    assert not ProviderCall.objects.exists()


def test_who_settles_second_changes_nothing(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    chunk = _claimed(deletion, opened=True)
    lost = judge_delete(Unanswered("No answer."))
    assert settle(chunk.call_id, lost, now=timezone.now())
    late = perform(operation="delete", kind="image", ids=chunk.ids, deadline=float("inf"))
    assert not settle(chunk.call_id, late, now=timezone.now())
    deletion.refresh_from_db()
    assert (deletion.unknown, deletion.deleted) == (3, 0)
    assert ProviderCall.objects.get(pk=chunk.call_id).state == "lost"


def test_a_chunk_does_not_leave_once_its_deletion_is_paused(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    chunk = _claimed(deletion, opened=False)
    Deletion.objects.update(state="paused")
    assert not engine.open_chunk(chunk, now=timezone.now())


def test_a_chunk_does_not_leave_once_the_account_is_paused_or_rests(sandbox, confirm, images) -> None:
    chunk = _claimed(confirm(images(3)), opened=False)
    Account.objects.update(paused_reason="API key rejected")
    assert not engine.open_chunk(chunk, now=timezone.now())
    Account.objects.update(paused_reason="", rest_until=timezone.now() + timedelta(seconds=30))
    assert not engine.open_chunk(chunk, now=timezone.now())


def test_a_lost_job_is_replaced_but_never_doubled(confirm, images) -> None:
    confirm(images(3))
    DBTaskResult.objects.all().delete()
    Account.objects.update(wake_at=timezone.now() - timedelta(minutes=1))
    first, second = Tender("a"), Tender("b")
    first.tick()
    second.tick()
    first.tick()
    assert DBTaskResult.objects.count() == 1


def test_a_tick_wakes_nobody_when_nothing_is_due(db) -> None:
    Tender("a").tick()
    assert not DBTaskResult.objects.exists()
    assert Worker.objects.get(name="a")


def test_asking_for_an_earlier_shift_enqueues_it(confirm, images) -> None:
    later = timezone.now() + timedelta(hours=1)
    jobs.wake(later)
    jobs.wake(later + timedelta(minutes=1))
    assert DBTaskResult.objects.count() == 1
    jobs.wake(timezone.now())
    assert DBTaskResult.objects.count() == 2


def test_an_item_in_hand_is_not_claimed_twice(sandbox, settings, confirm, images) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 2
    confirm(images(3))
    engine.begin_due(now=timezone.now())
    chunks = [engine.claim(hold, now=timezone.now()) for hold in slots.take(3)]
    assert [len(chunk.ids) for chunk in chunks if chunk] == [2, 1]
    assert DeletionItem.objects.filter(call__isnull=False).count() == 3


def test_a_task_is_called_sent_only_once_its_call_leaves(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    chunk = _claimed(deletion, opened=False)
    deletion.refresh_from_db()
    assert (deletion.waiting, deletion.sent) == (3, 0)
    assert engine.open_chunk(chunk, now=timezone.now())
    deletion.refresh_from_db()
    assert (deletion.waiting, deletion.sent) == (0, 3)
    assert {task.presence_words for task in TrackedTask.objects.all()} == {"Deleting · Sent"}


def test_an_interrupted_look_up_of_no_deletion_is_closed_too(sandbox) -> None:
    [hold] = slots.take(1)
    call = recording.prepare(operation="look_up", kind="image", ids=["a"], hold=hold)
    recording.open_call(call.pk, now=timezone.now())
    _expire()
    tender = Tender("t")
    tender.tick()
    tender.tick()
    call.refresh_from_db()
    assert call.state == "lost"
    assert slots.any_free()
    assert not Slot.objects.filter(token__isnull=False).exists()


def test_a_resume_is_not_undone_by_a_pause_that_was_read_before_it(monkeypatch, confirm, images) -> None:
    deletion = confirm(images(1))
    engine.begin_due(now=timezone.now())
    stale = Account(pk=Account.objects.get().pk, host=accounts.current_host(), paused_reason="API key rejected")
    monkeypatch.setattr(accounts, "current", lambda: stale)
    engine.heed_account()
    deletion.refresh_from_db()
    assert deletion.state == "running"


def test_tending_outlives_a_tick_that_fails(monkeypatch, db) -> None:
    tender, stop, ticks = Tender("t"), threading.Event(), []

    def failing() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 2:
            stop.set()
        raise ValueError("a fault of ours")

    monkeypatch.setattr(tender, "tick", failing)
    monkeypatch.setattr(tending, "EVERY", 0)
    tending.tend(tender, stop)
    assert ticks == [0, 1]
