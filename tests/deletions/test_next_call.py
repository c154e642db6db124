"""Between being ready and leaving anything may happen: the last look must find it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from dashboard.calls import recording, slots
from dashboard.calls.models import Account, Control, ProviderCall, Slot
from dashboard.deletions import actions
from dashboard.deletions.actions import By
from dashboard.deletions.dispatch import agenda, next_call
from dashboard.deletions.evidence import next_controls
from dashboard.deletions.models import Deletion, Outcome, State
from dashboard.register.models import TrackedTask

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deletion(confirm, images) -> Deletion:
    deletion: Deletion = confirm(images(3))
    agenda.begin_due(now=timezone.now())
    return deletion


def _ready() -> next_call.Chunk:
    chunk = next_call.prepare(now=timezone.now())
    assert chunk
    return chunk


def _pause(deletion: Deletion) -> None:
    actions.pause(deletion=deletion, by=By(user=deletion.actor))


def _stop(deletion: Deletion) -> None:
    # Not by the request, which would also keep what waits.
    Deletion.objects.update(stopped_at=timezone.now())


def _hold_one(deletion: Deletion) -> None:
    TrackedTask.objects.filter(pk=deletion.items.earliest("pk").tracked_id).update(held_by="alice")


def _pause_the_account(deletion: Deletion) -> None:
    Account.objects.update(paused_reason="No credits.")


def _let_the_account_rest(deletion: Deletion) -> None:
    Account.objects.update(rest_until=timezone.now() + timedelta(minutes=1))


def _point_elsewhere(deletion: Deletion) -> None:
    # It was sent there before, so an account is known there that nothing speaks against.
    Account.objects.create(host="https://elsewhere.example", key=deletion.key)
    Deletion.objects.update(host="https://elsewhere.example")


def _use_another_key(deletion: Deletion) -> None:
    Deletion.objects.update(key="of another")


def _contradict(deletion: Deletion) -> None:
    Deletion.objects.update(contradicted=1)


@pytest.mark.parametrize(
    "happens",
    [
        _contradict,
        _pause,
        _stop,
        _hold_one,
        _pause_the_account,
        _let_the_account_rest,
        _point_elsewhere,
        _use_another_key,
    ],
)
def test_a_ready_call_is_taken_back_when_it_may_not_leave_any_more(
    deletion: Deletion, happens: Callable[[Deletion], None]
) -> None:
    chunk = _ready()
    happens(deletion)
    [slot] = slots.take(1)
    assert not next_call.leave(chunk, slot, now=timezone.now())
    _nothing_happened(deletion)


def test_a_ready_call_is_taken_back_when_its_slot_is_lost(deletion: Deletion) -> None:
    chunk = _ready()
    [slot] = slots.take(1)
    slots.release(slot)
    with pytest.raises(slots.Lost):
        next_call.leave(chunk, slot, now=timezone.now())
    _nothing_happened(deletion)


def test_a_ready_call_is_taken_back_when_its_slot_is_somebody_elses_by_now(deletion: Deletion) -> None:
    chunk = _ready()
    [slot] = slots.take(1)
    slots.release(slot)
    [taken] = slots.take(1)
    assert taken.number == slot.number
    with pytest.raises(slots.Lost):
        next_call.leave(chunk, slot, now=timezone.now())
    _nothing_happened(deletion)


def _nothing_happened(deletion: Deletion) -> None:
    deletion.refresh_from_db()
    assert (deletion.waiting, deletion.sent) == (3, 0)
    assert set(deletion.items.values_list("outcome", "call", "sent_at")) == {(Outcome.WAITING, None, None)}
    assert not ProviderCall.objects.exists()


def test_a_slot_whose_lease_would_not_outlast_the_call_is_renewed_first(deletion: Deletion, settings) -> None:
    chunk = _ready()
    [slot] = slots.take(1)
    short = timezone.now() + timedelta(seconds=settings.TENSORSLAB_TIMEOUT + slots.LEAST_MARGIN - 1)
    Slot.objects.update(lease_until=short)
    assert next_call.leave(chunk, slot, now=timezone.now())
    assert Slot.objects.get(number=slot.number).lease_until > short


def test_a_call_leaves_once_and_is_not_taken_back_after_that(deletion: Deletion) -> None:
    chunk = _ready()
    first, second = slots.take(2)
    assert next_call.leave(chunk, first, now=timezone.now())
    assert not next_call.leave(chunk, second, now=timezone.now())
    assert not next_call.release(chunk.call.pk)
    call = ProviderCall.objects.get()
    assert (call.state, call.slot) == (ProviderCall.State.OPEN, first.number)
    deletion.refresh_from_db()
    assert (deletion.waiting, deletion.sent, deletion.state) == (0, 3, State.RUNNING)


def test_it_is_taken_back_once(deletion: Deletion) -> None:
    chunk = _ready()
    assert next_call.release(chunk.call.pk)
    assert not next_call.release(chunk.call.pk)
    _nothing_happened(deletion)


def test_controls_wait_for_what_another_worker_still_looks_up(deletion) -> None:
    """They would be made once more for its answers."""
    Control.objects.all().delete()
    with transaction.atomic():
        call = recording.prepare(
            operation="look_up", kind="image", ids=["img_1"], deletion=deletion.uuid, purpose="verify"
        )
    assert next_controls.prepare(now=timezone.now(), idle=True) is None
    next_call.release(call.pk)
    assert next_controls.prepare(now=timezone.now(), idle=True)


def test_of_what_is_paused_no_call_is_made_ready(deletion: Deletion) -> None:
    """It would be taken back at its last look, and made anew, for as long as the pause lasts."""
    _pause(deletion)
    assert next_call.prepare(now=timezone.now()) is None
