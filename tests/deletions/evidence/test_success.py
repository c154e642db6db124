"""A Success that was false, was taken back or came late: nothing is called seen that the ledger contradicts."""

from __future__ import annotations

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.calls.models import Account
from dashboard.deletions.dispatch import turns
from dashboard.deletions.models import State
from dashboard.register.models import TrackedTask
from tensorslab_api.sandbox import in_shard
from tests.deletions.evidence.plays import finished_without_lies, resumed, stop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.once
@pytest.mark.parametrize("fault", ["system_busy:look_up", "503:look_up"])
def test_nothing_is_deleted_although_it_says_success_and_look_ups_are_busy(
    theatre, settings, images, by, fault
) -> None:
    """All in one list: of two, the second would be held back by what is seen of the first, if that came early."""
    settings.DELETION_VERIFY = "all"
    settings.TENSORSLAB_BATCH_SIZE = 10
    theatre.sandbox.control(lost_shard=1, missing="code", faults=[fault], fault_rate=0.3, seed=5, retry_after="0")
    deletion = theatre.play(theatre.confirm(images(10), by=by), stay=True)
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.refused) == (0, 10)


@pytest.mark.parametrize(
    "loss",
    [{"cut_at": 3}, {"first_half": True}, {"lost_shard": 4}],
    ids=["cut in the middle", "first half", "a shard in four"],
)
def test_a_success_that_left_some_out_is_noticed_and_all_of_it_looked_up(
    theatre, monkeypatch, images, by, loss
) -> None:
    monkeypatch.setattr(turns, "MOST_CLAIMS", 4)
    theatre.sandbox.control(**loss)
    deletion = theatre.play(theatre.confirm(images(60), by=by))
    assert (deletion.state, deletion.waiting > 0, deletion.said) == (State.PAUSED, True, 0), deletion.paused_reason
    assert deletion.paused_reason.startswith(f"TensorsLab said Success, but {deletion.alarms} of these tasks")
    assert AuditEvent.objects.filter(action="deletion.alarm").count() == deletion.alarms == deletion.refused
    assert deletion.deleted + deletion.refused == deletion.size - deletion.waiting
    while deletion.state == State.PAUSED:
        deletion = resumed(theatre, deletion, by)
    finished_without_lies(theatre, deletion)
    assert deletion.said == 0
    gone = theatre.sandbox.deleted("image")
    assert {item.task_id for item in deletion.items.filter(outcome="deleted")} == gone & {
        item.task_id for item in deletion.items.all()
    }


@pytest.mark.once
def test_a_shard_in_five_that_failed_silently_is_noticed_whenever_the_sample_meets_it(theatre, images, by) -> None:
    """Perhaps only when all was sent: even then all of it is looked up."""
    theatre.sandbox.control(lost_shard=5)
    deletion = theatre.play(theatre.confirm(tasks := images(60), by=by))
    while deletion.state == State.PAUSED:
        deletion = resumed(theatre, deletion, by)
    finished_without_lies(theatre, deletion)
    kept = sum(in_shard(task.task_id, 5) for task in tasks)
    assert (deletion.said, deletion.refused, deletion.alarms, deletion.deleted) == (0, kept, kept, 60 - kept)


def test_what_is_rolled_back_later_is_found_by_the_inspection(theatre, settings, images, by) -> None:
    settings.DELETION_VERIFY = "all"
    theatre.sandbox.control(rollback_after=10, rollback_share=0.5)
    settings.DELETION_CANARY = 0
    deletion = theatre.play(theatre.confirm(images(20), by=by))
    assert (deletion.state, theatre.lies(deletion)) == (State.FINISHED, [])
    deletion = theatre.inspect(deletion)
    assert theatre.lies(deletion) == theatre.wrong(deletion) == []
    assert (deletion.deleted, deletion.refused, deletion.alarms) == (10, 10, 10)
    first = deletion.inspections.first()
    assert first is not None
    assert (first.everything, first.changed) == (True, 10)
    assert deletion.items.filter(outcome="refused", message__startswith="Deleted; found there at ").count() == 10
    assert AuditEvent.objects.filter(action="deletion.corrected").count() == 10
    assert TrackedTask.objects.filter(presence="deleted").count() == 10


@pytest.mark.parametrize("fault", ["504:late:delete", "failed:late:delete"])
@pytest.mark.parametrize("stopped", [False, True])
def test_what_takes_effect_late_is_neither_refused_nor_kept(theatre, settings, images, by, fault, stopped) -> None:
    settings.DELETION_CANARY = 0
    theatre.sandbox.control(queue=[fault] * 4, late_seconds=8)
    deletion = theatre.confirm(images(20), by=by)
    if stopped:
        # A shift is over before it could send the halves.
        theatre.sandbox.control(latency=0.4)
        while not deletion.items.exclude(first_call=None).exists():
            theatre.shift()
        stop(deletion, by, theatre)
        theatre.sandbox.control(latency=0)
    deletion = theatre.play(deletion, stay=True)
    finished_without_lies(theatre, deletion)
    assert theatre.wrong(deletion) == []
    left = deletion.items.exclude(first_call=None).count()
    assert (deletion.deleted, deletion.kept) == (left, 20 - left)
    assert left == 20 if not stopped else left >= 5


def test_what_takes_effect_very_late_is_found_by_the_inspection(theatre, settings, images, by) -> None:
    theatre.sandbox.control(queue=["failed:late:delete"], late_seconds=300)
    deletion = theatre.play(theatre.confirm(images(1), by=by))
    item = deletion.items.get()
    assert (item.ending, theatre.lies(deletion)) == ("Refused · seen there: Delete failed", [])
    deletion = theatre.inspect(deletion)
    item.refresh_from_db()
    assert theatre.wrong(deletion) == []
    assert (item.outcome, item.evidence, deletion.refused, deletion.deleted) == ("deleted", "seen", 0, 1)
    assert item.message.startswith("Refused; found gone at ")
    assert deletion.opened_at is None
    task = TrackedTask.objects.get(pk=item.tracked_id)
    assert (task.presence, task.last_outcome) == ("deleted", "deleted")
    assert AuditEvent.objects.filter(action="deletion.corrected").count() == 1


def test_a_replica_that_lags_is_waited_for(theatre, images, by) -> None:
    theatre.sandbox.control(replica_lag=6, faults=["failed:after:delete", "500:after:delete"], fault_rate=0.3, seed=2)
    deletion = theatre.play(theatre.confirm(images(25), by=by), stay=True)
    while deletion.state == State.PAUSED:
        deletion = resumed(theatre, deletion, by)
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted + deletion.already_gone, deletion.refused, deletion.alarms) == (25, 0, 0)
    assert Account.objects.get().lag > 0


@pytest.mark.once
def test_a_replica_that_lacks_a_tenth_makes_nothing_gone_that_is_there(theatre, images, by) -> None:
    theatre.sandbox.control(replica_lacks=10, queue=["500:before:delete"] * 3)
    deletion = theatre.play(theatre.confirm(images(20), by=by), stay=True)
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, theatre.wrong(deletion)) == (20, [])
