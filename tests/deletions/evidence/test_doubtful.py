"""Lost, failed and repeated answers: what look-ups find becomes the ending, and it was so at that moment."""

from __future__ import annotations

import pytest

from dashboard.calls.judging import Finding
from dashboard.deletions.dispatch import settlement
from dashboard.deletions.evidence import doubtful
from dashboard.deletions.evidence.proof import Found
from dashboard.deletions.models import Outcome, State
from tests.deletions.evidence.plays import finished_without_lies, resumed, stop
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.once
def test_busy_look_ups_that_read_like_missing_tasks(theatre, images, by) -> None:
    """One look-up in seven is busy in the form of "no such task", and one delete in seven is lost."""
    deletes = ["500:before:delete"] * 3 + ["500:after:delete"]
    faults = ["system_busy:look_up", *deletes]
    theatre.sandbox.control(missing="code", faults=faults, fault_rate=0.15, seed=3)
    deletion = theatre.play(theatre.confirm(images(40), by=by), stay=True)
    finished_without_lies(theatre, deletion)
    assert deletion.deleted == 40


@pytest.mark.parametrize(
    ("other", "there"),
    [
        ({"lost_call": 5, "there_times": 1}, True),
        ({"lost_call": 5, "code": 1000, "outcome": "deleted"}, True),
        ({"lost_call": 9}, True),
        ({"lost_call": 5}, False),
        ({"lost_call": None}, False),
    ],
    ids=["there", "sent again with Success", "sent again and lost once more", "not known yet", "never lost"],
)
def test_what_was_in_a_lost_call_with_others_that_are_there_was_not_deleted_by_it(
    images, confirm, other, there
) -> None:
    deletion = confirm(images(2))
    first, second = deletion.items.order_by("pk")
    deletion.items.update(first_call=5, lost_call=5)
    deletion.items.filter(pk=second.pk).update(**other)
    seen = settlement.Settled(deletion.pk, deletion.uuid, deletion.host, False, 0, 0, 2, False, 0, "", 0.0)
    work = settlement.Settlement(deletion=seen, now=deletion.created_at)
    [item] = settlement.carried("id = %s", first.pk)
    assert doubtful._others_are_there(work, item) is there


def test_what_look_ups_do_not_find_is_never_called_gone_for_want_of_further_deletes(settings, images, confirm) -> None:
    deletion = confirm(images(2))
    now = deletion.created_at
    lost = {"outcome": Outcome.UNKNOWN, "if_there": "resend", "first_call": 5, "lost_call": 5, "lost_at": now}
    deletion.items.update(**lost, failures=settings.DELETION_MAX_ATTEMPTS, gone_times=1)
    first, second = deletion.items.order_by("pk")
    deletion.items.filter(pk=second.pk).update(there_times=1)
    seen = settlement.Settled(deletion.pk, deletion.uuid, deletion.host, False, 0, 0, 2, False, 0, "", 0.0)
    [item] = settlement.carried("id = %s", first.pk)
    found = Found(item, Finding.GONE, witnessed=True, purpose="settle", sent_at=now, at=now)
    doubtful.conclude(settlement.Settlement(deletion=seen, now=now), found)
    first.refresh_from_db()
    assert (first.outcome, first.evidence, first.message) == ("unknown", None, doubtful.HIDDEN)


@pytest.mark.once
@pytest.mark.parametrize("trouble", ["102", "103", "twice"])
def test_no_answer_is_taken_for_another_calls(theatre, settings, images, by, trouble) -> None:
    bad = (tasks := images(40))[::20]
    theatre.sandbox.control(
        faults=[trouble], fault_rate=0.3, seed=4, refuse={task.task_id: "Task is running" for task in bad}
    )
    deletion = theatre.play(theatre.confirm(tasks, by=by), stay=True)
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.refused) == (38, 2)


@pytest.mark.once
def test_slow_look_ups_and_a_late_reset(theatre, settings, images, by) -> None:
    """The look-up is made in time, and comes back after its deadline: it is the moment of asking that counts."""
    settings.DELETION_CANARY = 0
    theatre.sandbox.control(queue=["reset:late:delete"], late_seconds=2.5, look_up_latency=0.6)
    deletion = theatre.play(theatre.confirm(images(4), by=by), until=0.2)
    stop(deletion, by, theatre)
    deletion = theatre.play(deletion, stay=True)
    finished_without_lies(theatre, deletion)
    assert theatre.wrong(deletion) == []


@pytest.mark.once
def test_a_repeated_key_is_no_answer(theatre, images, by) -> None:
    theatre.sandbox.control(faults=["repeated_key:before:delete"], fault_rate=0.5, seed=1)
    deletion = theatre.play(theatre.confirm(images(20), by=by), stay=True)
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, theatre.wrong(deletion)) == (20, [])


@pytest.mark.once
@pytest.mark.parametrize("echo", ["upper", "lower"])
@pytest.mark.parametrize("missing", ["http", "code", "bad_request", "null_data"])
def test_however_a_missing_task_is_told_it_is_understood(theatre, images, by, missing, echo) -> None:
    gone, *_ = tasks = images(4)
    words = "Task {id} does not exist"
    theatre.sandbox.control(missing=missing, missing_words=words, echo=echo, queue=["500:before:delete"])
    theatre.sandbox.control(gone={"image": [gone.task_id]})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.unknown) == (4, 0)


@pytest.mark.once
def test_what_was_gone_before_is_told_apart_from_what_a_failed_call_may_have_deleted(theatre, images, by) -> None:
    gone, *_ = tasks = images(20)
    theatre.sandbox.control(already_gone="failure", gone={"image": [gone.task_id]})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    finished_without_lies(theatre, deletion)
    item = deletion.items.get(outcome=Outcome.ALREADY_GONE)
    assert (item.task_id, item.message, item.evidence) == (gone.task_id, doubtful.GONE_BEFORE, "seen")
    assert deletion.deleted == 19


@pytest.mark.once
def test_what_our_own_failed_call_deleted_is_not_called_already_gone(theatre, images, by) -> None:
    bad, *_ = tasks = images(5)
    theatre.sandbox.control(mode="partial", already_gone="failure", refuse={bad.task_id: "Task is running"})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.already_gone, deletion.refused) == (4, 0, 1)
    assert {item.message for item in deletion.items.filter(outcome="deleted")} == {doubtful.GONE_SOMEHOW}


@pytest.mark.once
def test_what_a_call_deleted_before_it_failed_is_not_called_already_gone(theatre, images, by) -> None:
    """The list stops at the first id it does not know; what stands after it is deleted with Success later."""
    tasks = images(6)
    first, second, third, *_ = tasks
    gone = [first.task_id, second.task_id, third.task_id]
    theatre.sandbox.control(already_gone="failure", gone={"image": gone})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    finished_without_lies(theatre, deletion)
    assert deletion.already_gone == 0
    assert {item.task_id for item in deletion.items.filter(message=doubtful.GONE_SOMEHOW)} == set(gone)


@pytest.mark.once
def test_what_failed_and_is_deleted_in_a_moment_was_deleted_by_that(theatre, images, by) -> None:
    theatre.sandbox.control(queue=["failed:late:delete"], late_seconds=5)
    deletion = theatre.play(theatre.confirm(images(1), by=by))
    finished_without_lies(theatre, deletion)
    item = deletion.items.get()
    assert (item.ending, item.message) == ("Deleted · seen gone", doubtful.DELETED_LATE)


@pytest.mark.once
def test_found_there_and_sent_again_with_success_nothing_speaks_against_it(theatre, images, by) -> None:
    theatre.sandbox.control(queue=["500:before:delete"])
    deletion = theatre.play(theatre.confirm(images(10), by=by))
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.contradicted, deletion.items.filter(there_times__gt=0).count()) == (10, 0, 0)


@pytest.mark.once
def test_a_task_that_lives_under_the_other_kind_is_not_gone(theatre, by) -> None:
    wrong = TrackedTaskFactory(task_id="abcd_wrong_kind", kind="video")
    theatre.sandbox.world.met["image"].add("abcd_wrong_kind")
    theatre.sandbox.control(already_gone="failure", gone={"video": ["abcd_wrong_kind"]})
    deletion = theatre.play(theatre.confirm([wrong], by=by))
    item = deletion.items.get()
    assert item.ending == "Refused · seen there: TensorsLab knows it as image. Correct its kind in the register"
    assert deletion.state == State.FINISHED


@pytest.mark.once
def test_when_most_was_gone_already_it_pauses(theatre, settings, images, by) -> None:
    tasks = images(120)
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 30, 1
    theatre.sandbox.control(already_gone="failure", gone={"image": [task.task_id for task in tasks[:60]]})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    assert (deletion.state, deletion.waiting > 0) == (State.PAUSED, True)
    assert deletion.paused_reason.startswith("Most of its tasks so far were found gone")
    deletion = resumed(theatre, deletion, by)
    finished_without_lies(theatre, deletion)
    assert theatre.wrong(deletion) == []
