from __future__ import annotations

import time
from contextlib import suppress

import pytest
from django.db import OperationalError

from dashboard.audit.models import AuditEvent
from dashboard.calls import clock
from dashboard.calls.models import ProviderCall, Slot
from dashboard.deletions.dispatch import arming, jobs, loop
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.models import Deletion, State
from tests.deletions.conftest import meeting, work
from tests.statements import before

pytestmark = pytest.mark.django_db(transaction=True)

READY, BOOKS = "INSERT INTO calls_providercall", "INSERT INTO audit_auditevent"
LEAVING = 'SET "state" = %s, "sent_at" = '
INSPECTIONS = r"\s*SELECT d\.id, d\.uuid, i\.id"
BEGINNING = '"deletions_deletion"."starts_at" <= '
"""What the statements hold by which a call is written down, settled and leaves, inspections are looked for, and
deletions begin."""


def test_the_books_keep_up_with_a_provider_that_answers_before_they_are_written(
    sandbox, settings, confirm, images
) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 1
    settings.TENSORSLAB_CONCURRENCY = 4
    out = []

    def count() -> None:
        time.sleep(0.02)
        # With the one whose books these are.
        out.append(ProviderCall.objects.filter(state="open").count() + 1)

    deletion = confirm(images(24))
    with meeting(BOOKS, count):
        assert work(deletion).deleted == 24
    # One a slot in no book, and one a slot on its way.
    assert max(out) <= 2 * settings.TENSORSLAB_CONCURRENCY


def test_the_books_say_when_an_answer_came_and_not_when_they_were_written(
    sandbox, settings, monkeypatch, confirm, images
) -> None:
    # Two looks at it may be late by more than what lies between an answer and the next call.
    monkeypatch.setattr(clock, "LOOKED_AT_EVERY", 60.0)
    settings.TENSORSLAB_BATCH_SIZE = 1
    settings.TENSORSLAB_CONCURRENCY = 2
    deletion = confirm(images(12))
    with meeting(BOOKS, lambda: time.sleep(0.02)):
        work(deletion)
    calls = list(ProviderCall.objects.order_by("sent_at"))
    assert len(calls) == 12
    assert all(call.sent_at <= call.answered_at for call in calls)
    for call in calls:
        out = [other for other in calls if other.sent_at <= call.sent_at < other.answered_at]
        assert len(out) <= settings.TENSORSLAB_CONCURRENCY
    # And the audit log says the same.
    told = AuditEvent.objects.filter(action="call.delete")
    assert {event.detail["answered_at"] for event in told} == {call.answered_at.isoformat() for call in calls}


def test_two_deletions_take_turns(sandbox, settings, confirm, images) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 1
    settings.TENSORSLAB_CONCURRENCY = 1
    first, second = images(6), images(2)
    large, small = confirm(first), confirm(second)
    work(large)
    work(small)
    order = [call["ids"][0] for call in sandbox.ledger()["calls"]]
    last_of_small = max(order.index(task.task_id) for task in second)
    assert last_of_small < 5


def test_no_more_calls_are_in_flight_than_allowed(sandbox, settings, confirm, images) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 1
    settings.TENSORSLAB_CONCURRENCY = 3
    sandbox.control(latency=0.1)
    work(confirm(images(12)))
    assert sandbox.ledger()["max_in_flight"] == 3


def test_a_worker_that_wakes_up_late_sends_nothing_any_more(sandbox, settings, confirm, images) -> None:
    """Held up between writing the call down and sending it, for longer than its whole time-out."""
    settings.TENSORSLAB_TIMEOUT = 0.2
    deletion = confirm(images(1))
    with meeting(LEAVING, lambda: time.sleep(0.3)):
        Shift(length=1).run()
    assert sandbox.ledger()["calls"] == []
    deletion.refresh_from_db()
    assert (deletion.waiting, deletion.items.get().attempts, deletion.items.get().sent_at) == (1, 0, None)


@pytest.mark.parametrize(("fault", "sent"), [("401", 1), ("429:before", 1), ("9000", 1)])
def test_nothing_more_leaves_after_such_an_answer(sandbox, settings, confirm, images, fault, sent) -> None:
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 1, 1
    sandbox.control(queue=[fault], retry_after="60")
    confirm(images(5))
    Shift(length=2).run()
    assert len(sandbox.ledger()["calls"]) == sent


def test_inspections_are_not_looked_for_while_a_deletion_is_armed(
    sandbox, settings, monkeypatch, confirm, images
) -> None:
    monkeypatch.setattr(arming, "CHUNK", 5)
    settings.TENSORSLAB_BATCH_SIZE = 5
    deletion = confirm(images(40))
    armed: list[bool] = []

    def look() -> None:
        armed.append(not Deletion.objects.being_armed().exists())

    with before(INSPECTIONS, look, number=None):
        assert work(deletion).deleted == 40
    assert set(armed) == {True}


def test_a_shift_stays_for_what_is_due_in_a_moment(sandbox, monkeypatch, confirm, images) -> None:
    monkeypatch.setattr(loop, "MOMENT", 2.0)
    sandbox.control(queue=["500:before"])
    deletion = confirm(images(1))
    assert Shift(length=10).run()
    deletion.refresh_from_db()
    assert (deletion.state, deletion.deleted) == (State.FINISHED, 1)


@pytest.mark.parametrize("waits", [False, True])
def test_a_shift_goes_on_while_no_other_job_waits(sandbox, settings, confirm, images, waits) -> None:
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 1, 1
    sandbox.control(latency=0.1)
    confirm(images(6))
    if waits:
        jobs.freeze.enqueue("00000000-0000-0000-0000-000000000000")
    Shift(length=0.05, may_go_on=jobs.nobody_waits).run()
    deletes = ProviderCall.objects.filter(operation="delete").count()
    assert deletes <= 1 if waits else deletes == 6


def test_a_shift_that_fails_keeps_the_slots_of_what_is_still_out(
    sandbox, settings, monkeypatch, confirm, images
) -> None:
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 1, 2
    sandbox.control(latency=0.3)
    confirm(images(6))

    def failing() -> None:
        raise OperationalError("the database went away")

    monkeypatch.setattr(loop, "RETRIED_FOR", 0.0)
    with meeting(BOOKS, failing), pytest.raises(OperationalError):
        Shift(length=2).run()
    assert Slot.objects.filter(token__isnull=False).exists()
    assert ProviderCall.objects.filter(state="open").count() > Slot.objects.filter(token__isnull=True).count() - 1


@pytest.mark.parametrize("asked", [BOOKS, READY, BEGINNING], ids=["books", "next call", "what begins"])
def test_no_answer_is_thrown_away_when_the_database_fails_for_a_moment(
    sandbox, settings, monkeypatch, confirm, images, asked
) -> None:
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 1, 2
    sandbox.control(latency=0.1)
    monkeypatch.setattr(loop, "AGAIN", 0.01)
    monkeypatch.setattr(loop, "LOOK_ROUND", 0.0)
    deletion = confirm(images(6))
    failed = []

    def at_times() -> None:
        # Not before something has left, and then twice.
        if len(failed) < 2 and ProviderCall.objects.filter(operation="delete").exclude(sent_at=None).exists():
            failed.append(1)
            raise OperationalError("the database went away")

    for _ in range(3):
        with suppress(OperationalError), meeting(asked, at_times):
            Shift(length=2).run()
    deletion.refresh_from_db()
    assert len(failed) == 2
    assert (deletion.state, deletion.deleted) == (State.FINISHED, 6)
    assert set(ProviderCall.objects.values_list("state", flat=True)) == {"answered"}
    assert len([call for call in sandbox.ledger()["calls"] if call["operation"] == "delete"]) == 6
