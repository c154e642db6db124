"""What a worker looks up by itself, against the sandbox over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts, clock, recording
from dashboard.calls.models import Account, ProviderCall, Slot
from dashboard.register.models import Presence, RefreshMinute, TrackedTask
from dashboard.register.refreshing import allowances
from tests.factories import TrackedTaskFactory
from tests.register.refreshing.conftest import asked

pytestmark = pytest.mark.django_db(transaction=True)
Turn = Callable[..., None]


def test_details_fill_in_and_no_slot_stays_taken(sandbox, turn: Turn) -> None:
    sandbox.control(statuses={"a": 3})
    task = TrackedTaskFactory(task_id="a", status="queued", model="", prompt="")
    turn()
    task.refresh_from_db()
    assert (task.status, bool(task.prompt), task.seen_at) == ("completed", True, task.checked_at)
    assert not Slot.objects.filter(token__isnull=False).exists()
    assert set(ProviderCall.objects.values_list("state", flat=True)) == {"answered"}


def test_what_is_gone_is_missing_once_a_witness_vouches(sandbox, turn: Turn) -> None:
    sandbox.control(unknown=["gone"])
    gone, _ = TrackedTaskFactory(task_id="gone"), TrackedTaskFactory()
    turn()
    gone.refresh_from_db()
    assert (gone.presence, gone.gone_at) == (Presence.MISSING, gone.checked_at)


def test_it_stays_within_the_calls_of_a_minute_controls_included(sandbox, turn: Turn, settings) -> None:
    TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(70))
    turn()
    calls = len(sandbox.ledger()["calls"])
    turn(same_minute=True)
    assert len(sandbox.ledger()["calls"]) == calls
    assert len(asked()) == settings.REFRESH_CALLS_PER_MINUTE
    # What the controls took comes off the next minute.
    RefreshMinute.objects.update(begun_at=timezone.now() - timedelta(minutes=2))
    turn(same_minute=True)
    assert len(asked()) == 2 * settings.REFRESH_CALLS_PER_MINUTE - (calls - settings.REFRESH_CALLS_PER_MINUTE)


def test_zero_is_off(sandbox, turn: Turn, settings) -> None:
    settings.REFRESH_CALLS_PER_MINUTE = 0
    TrackedTaskFactory()
    turn()
    assert sandbox.ledger()["calls"] == []


def test_read_only_looks_nothing_up(sandbox, turn: Turn, settings) -> None:
    settings.READ_ONLY = True
    TrackedTaskFactory()
    turn()
    assert sandbox.ledger()["calls"] == []
    assert not TrackedTask.objects.exclude(asked_at=None).exists()


def test_nothing_leaves_while_a_deletion_goes_first(sandbox, turn: Turn) -> None:
    TrackedTaskFactory()
    turn(may_go_on=lambda: False)
    assert sandbox.ledger()["calls"] == []
    assert not RefreshMinute.objects.exists()


def test_with_nothing_to_ask_it_does_not_look_whether_a_deletion_goes_first(sandbox, turn: Turn, settings) -> None:
    RefreshMinute.objects.create(pk=allowances.ONLY, begun_at=clock.now(), calls=settings.REFRESH_CALLS_PER_MINUTE)
    looked: list[bool] = []

    def may_go_on() -> bool:
        looked.append(True)
        return True

    turn(same_minute=True, may_go_on=may_go_on)
    assert looked == []
    turn(may_go_on=may_go_on)
    assert looked != []


def test_it_gives_way_in_between_and_goes_on_where_it_was(sandbox, turn: Turn) -> None:
    TrackedTaskFactory.create_batch(20)
    sandbox.control(latency=0.05)
    answers = iter([True, True, False, False])
    taken: list[bool] = []

    def may_go_on() -> bool:
        may = next(answers, True)
        taken.append(may or Slot.objects.filter(token__isnull=False).exists())
        return may

    turn(may_go_on=may_go_on)
    # At the second of two refusals in a row all slots had been given back.
    assert taken[3] is False
    assert len(asked()) == len(set(asked())) == 20


@pytest.mark.parametrize("trouble", [{"foreign_keys": ["test-key"]}, {"api_key": "another"}], ids=["foreign", "wrong"])
def test_under_a_key_that_is_not_ours_nothing_is_missing(sandbox, turn: Turn, trouble: dict[str, object]) -> None:
    TrackedTaskFactory.create_batch(4)
    sandbox.control(**trouble)
    for _ in range(3):
        turn()
    assert not TrackedTask.objects.exclude(presence=Presence.PRESENT, checked_at=None).exists()
    assert Account.objects.get().doubt or Account.objects.get().paused_reason
    sandbox.control(foreign_keys=[])


def test_a_doubt_ends_by_itself_when_it_is_put_right(sandbox, turn: Turn) -> None:
    TrackedTaskFactory.create_batch(4)
    sandbox.control(foreign_keys=["test-key"])
    turn()
    assert Account.objects.get().doubt
    sandbox.control(foreign_keys=[])
    for _ in range(4):
        Account.objects.get().controls.update(next_at=None)
        turn()
    assert Account.objects.get().doubt == ""
    TrackedTask.objects.update(asked_at=None)
    turn()
    assert TrackedTask.objects.filter(checked_at__isnull=False).count() == 4


def test_a_busy_account_rests_and_what_was_asked_is_asked_again(sandbox, turn: Turn) -> None:
    TrackedTaskFactory.create_batch(6)
    sandbox.control(queue=["429:before:look_up"] * 2, retry_after="7")
    turn()
    assert TrackedTask.objects.filter(checked_at=None).count() == 0


def test_lost_answers_pause_no_deletion(sandbox, turn: Turn, settings) -> None:
    settings.DELETION_MAX_ATTEMPTS = 1
    TrackedTaskFactory.create_batch(30)
    sandbox.control(queue=["html_404"] * 30)
    for _ in range(5):
        turn()
    account = accounts.current()
    assert (account.failures, account.paused_reason, account.rest_until) == (0, "", None)
    # A few in a row are enough to leave it for this minute, and the rest is free for the next.
    assert TrackedTask.objects.filter(checked_at=None, asked_at=None).exists()


def test_an_answer_that_comes_after_its_call_was_given_up_says_nothing(sandbox, turn: Turn, monkeypatch) -> None:
    complete = recording.complete

    def given_up_before(call_id: int, *answer: Any, **moments: Any) -> bool:
        ProviderCall.objects.filter(pk=call_id, purpose="").update(state="lost")
        return complete(call_id, *answer, **moments)

    monkeypatch.setattr(recording, "complete", given_up_before)
    sandbox.control(unknown=["gone"])
    TrackedTaskFactory(task_id="gone")
    TrackedTaskFactory()
    turn()
    assert not TrackedTask.objects.exclude(presence=Presence.PRESENT, checked_at=None).exists()
    assert not AuditEvent.objects.filter(action="call.look_up").exists()


def test_a_second_turn_looks_nothing_up_twice(sandbox, turn: Turn) -> None:
    TrackedTaskFactory.create_batch(5)
    turn()
    turn()
    assert len(asked()) == 5
