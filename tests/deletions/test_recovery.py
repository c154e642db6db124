from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.calls import accounts, recording, slots
from dashboard.calls.models import Account, ProviderCall, Slot, Worker
from dashboard.calls.sending import perform
from dashboard.calls.verdicts import Unanswered, judge_delete
from dashboard.deletions.dispatch import agenda, jobs, next_call, recovery
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.models import Deletion, DeletionItem
from tests.deletions.conftest import drafted, meeting, url_of, work
from tests.deletions.small_world import take

pytestmark = pytest.mark.django_db(transaction=True)


def _taken() -> next_call.Chunk | None:
    agenda.begin_due(now=timezone.now())
    return take(slots.take(1)[0])


def _expire() -> None:
    past = timezone.now() - timedelta(minutes=5)
    ProviderCall.objects.update(lease_until=past)
    Slot.objects.filter(token__isnull=False).update(lease_until=past)


def test_a_lease_is_lost_only_when_two_ticks_saw_it_expired(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    chunk = _taken()
    assert chunk
    _expire()
    tender = Tender("t")
    tender.tick()
    assert ProviderCall.objects.get(pk=chunk.call.pk).state == "open"
    assert slots.any_free()
    assert Slot.objects.filter(token__isnull=False).exists()
    tender.tick()
    assert ProviderCall.objects.get(pk=chunk.call.pk).state == "lost"
    assert not Slot.objects.filter(token__isnull=False).exists()
    deletion.refresh_from_db()
    assert deletion.unknown == 3
    assert work(deletion).deleted == 3


def test_who_settles_second_changes_nothing(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    chunk = _taken()
    assert chunk
    lost = judge_delete(Unanswered("No answer."))
    assert settle(chunk.call.pk, lost, now=timezone.now())
    late = perform(chunk.call, deadline=float("inf"))
    assert not settle(chunk.call.pk, late, now=timezone.now())
    deletion.refresh_from_db()
    assert (deletion.unknown, deletion.deleted) == (3, 0)
    assert ProviderCall.objects.get(pk=chunk.call.pk).state == "lost"


def test_nothing_is_taken_once_the_deletion_is_paused(sandbox, confirm, images) -> None:
    confirm(images(3))
    agenda.begin_due(now=timezone.now())
    Deletion.objects.update(state="paused")
    assert _taken() is None


def test_nothing_is_taken_while_the_account_is_paused_or_rests(sandbox, confirm, images) -> None:
    confirm(images(3))
    Account.objects.update(paused_reason="API key rejected")
    assert _taken() is None
    Account.objects.update(paused_reason="", rest_until=timezone.now() + timedelta(seconds=30))
    assert _taken() is None


def test_nothing_is_taken_for_a_slot_that_is_lost(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    agenda.begin_due(now=timezone.now())
    [slot] = slots.take(1)
    slots.release(slot)
    with pytest.raises(slots.Lost):
        take(slot)
    deletion.refresh_from_db()
    assert (deletion.waiting, deletion.sent, ProviderCall.objects.count()) == (3, 0, 0)


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
    agenda.begin_due(now=timezone.now())
    chunks = [take(slot) for slot in slots.take(3)]
    assert [len(chunk.call.ids) for chunk in chunks if chunk] == [2, 1]
    assert DeletionItem.objects.filter(call__isnull=False).count() == 3


def test_a_lease_that_a_clock_put_far_ahead_is_lost_too(sandbox, monkeypatch, confirm, images) -> None:
    confirm(images(3))
    chunk = _taken()
    assert chunk
    ahead = timezone.now() + timedelta(days=400)
    ProviderCall.objects.update(lease_until=ahead)
    Slot.objects.filter(token__isnull=False).update(lease_until=ahead)
    tender, steady = Tender("t"), time.monotonic()
    tender.tick()
    monkeypatch.setattr(time, "monotonic", lambda: steady + slots.length().total_seconds() - 1)
    tender.tick()
    assert ProviderCall.objects.get(pk=chunk.call.pk).state == "open"
    monkeypatch.setattr(time, "monotonic", lambda: steady + slots.length().total_seconds() + 1)
    tender.tick()
    assert ProviderCall.objects.get(pk=chunk.call.pk).state == "lost"
    assert not Slot.objects.filter(token__isnull=False).exists()


def test_what_a_clock_put_far_ahead_comes_back(sandbox, confirm, images) -> None:
    now, ahead = timezone.now(), timezone.now() + timedelta(days=400)
    deletion, running = confirm(images(1), now=now + timedelta(minutes=30)), confirm(images(1))
    running.items.update(not_before=ahead, lost_at=ahead)
    Account.objects.update(rest_until=ahead)
    Tender("t").tick()
    deletion.refresh_from_db()
    item = running.items.get()
    assert abs(deletion.starts_at - now) < timedelta(minutes=1)
    assert abs(item.not_before - now) < timedelta(minutes=1)
    assert abs(item.lost_at - now) < timedelta(minutes=1)
    assert Account.objects.get().rest_until is None


def test_an_interrupted_look_up_of_no_deletion_is_closed_too(sandbox) -> None:
    [slot] = slots.take(1)
    call = recording.prepare(operation="look_up", kind="image", ids=["a"])
    recording.leave(call.pk, slot, now=timezone.now())
    _expire()
    tender = Tender("t")
    tender.tick()
    tender.tick()
    assert ProviderCall.objects.get(pk=call.pk).state == "lost"
    assert slots.any_free()
    assert not Slot.objects.filter(token__isnull=False).exists()


def test_a_look_up_of_no_deletion_that_never_left_is_forgotten(db) -> None:
    recording.prepare(operation="look_up", kind="image", ids=["alone"])
    _expire()
    tender = Tender("t")
    tender.tick()
    tender.tick()
    assert not ProviderCall.objects.exists()


def test_a_call_that_never_left_leaves_no_trace_in_when_its_items_were_sent(confirm, images) -> None:
    confirm(images(2))
    agenda.begin_due(now=timezone.now())
    before = timezone.now() - timedelta(minutes=3)
    DeletionItem.objects.update(attempts=1, touched=True, sent_at=before)
    chunk = next_call.prepare(now=timezone.now())
    assert chunk
    assert next_call.release(chunk.call.pk)
    assert set(DeletionItem.objects.values_list("sent_at", flat=True)) == {before}


def test_a_resume_is_not_undone_by_a_pause_that_was_read_before_it(confirm, images) -> None:
    deletion = confirm(images(1))
    agenda.begin_due(now=timezone.now())
    Account.objects.update(paused_reason="API key rejected")
    with meeting('UPDATE "deletions_deletion"', lambda: accounts.resume(accounts.current())):
        agenda.heed_account()
    deletion.refresh_from_db()
    assert deletion.state == "running"


def test_tending_outlives_a_tick_that_fails(monkeypatch, db) -> None:
    stop, ticks = threading.Event(), []

    def failing() -> datetime:
        ticks.append(len(ticks))
        if len(ticks) == 2:
            stop.set()
        raise ValueError("a fault of ours")

    monkeypatch.setattr(recovery, "EVERY", 0)
    recovery.tend(Tender("t", clock=failing), stop)
    assert ticks == [0, 1]


def test_a_tender_clears_old_drafts_and_their_reports_are_gone(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    Tender("t").tick()
    assert draft.items.count() == 3
    assert operator.get(url_of("report-json", draft)).status_code == 200
    Deletion.objects.update(created_at=timezone.now() - timedelta(hours=3))
    Tender("t").tick()
    assert not draft.items.exists()
    for name in ("report-json", "report-csv"):
        assert operator.get(url_of(name, draft)).status_code == 404
    assert "Draft discarded" in operator.get(draft.get_absolute_url()).content.decode()


def test_a_call_that_left_since_its_lease_was_looked_at_is_not_given_up(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    agenda.begin_due(now=timezone.now())
    chunk = next_call.prepare(now=timezone.now())
    assert chunk
    _expire()
    [lease] = slots.in_hand()
    assert next_call.leave(chunk, slots.take(1)[0], now=timezone.now())
    recovery.close_lost(lease, now=timezone.now())
    assert ProviderCall.objects.get(pk=chunk.call.pk).state == "open"
    deletion.refresh_from_db()
    assert deletion.sent == 3
