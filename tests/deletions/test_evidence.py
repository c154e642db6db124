"""Providers that say one thing and do another: nothing is called seen that their ledger contradicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.calls.judging import Finding
from dashboard.calls.models import Account, ProviderCall
from dashboard.deletions import actions
from dashboard.deletions.dispatch import next_list, settlement, turns
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.drafts import freezing
from dashboard.deletions.evidence import doubtful, sampling
from dashboard.deletions.evidence.proof import Found
from dashboard.deletions.history import progress
from dashboard.deletions.models import Deletion, Outcome, State
from dashboard.register.models import TrackedTask
from tensorslab_api.sandbox import in_shard
from tests.conftest import Person
from tests.deletions.theatre import Theatre, playing
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)

Images = Callable[[int], list[TrackedTask]]
OTHERS = 30
"""Tasks that nobody deletes: any of them may be the witness."""


@pytest.fixture(autouse=True)
def _usual(settings, monkeypatch, _fast) -> None:
    """A twentieth of the usual sizes."""
    settings.TENSORSLAB_BATCH_SIZE = 5
    settings.DELETION_VERIFY = "sample"
    settings.DELETION_CANARY = 2
    monkeypatch.setattr(next_list, "CANARY_ABOVE", 10)
    # Faults that are drawn add up to no giving up: which call meets one depends on how threads take turns.
    settings.DELETION_MAX_ATTEMPTS = 50
    settings.DELETION_INSPECT_AFTER = (600.0, 86_400.0)
    settings.TENSORSLAB_TIMEOUT = 2.0


@pytest.fixture
def theatre(settings, images: Images) -> Iterator[Theatre]:
    images(OTHERS)
    yield from playing()


@pytest.fixture
def by(olga: User) -> actions.By:
    return actions.By(user=olga)


def _stop(deletion: Deletion, by: actions.By, theatre: Theatre) -> None:
    actions.stop_rest(deletion=deletion, by=by, now=theatre.now())


def _finished_without_lies(theatre: Theatre, deletion: Deletion) -> None:
    assert theatre.lies(deletion) == []
    assert (deletion.state, sum(deletion.counts().values())) == (State.FINISHED, deletion.total), deletion.paused_reason


def _resumed(theatre: Theatre, deletion: Deletion, by: actions.By) -> Deletion:
    actions.resume(deletion=deletion, by=by, now=theatre.now())
    return theatre.play(deletion)


def test_the_key_of_another_account_makes_nothing_gone_and_it_goes_on_when_that_is_put_right(
    theatre, images, by
) -> None:
    theatre.sandbox.control(foreign_keys=["test-key"], already_gone="failure")
    deletion = theatre.play(theatre.confirm(images(12), by=by), until=120, stay=True)
    assert (deletion.state, deletion.paused_by_account, deletion.deleted + deletion.already_gone) == ("paused", True, 0)
    assert deletion.paused_reason.startswith("TensorsLab answers as if none of your tasks existed, not even abcd_")
    assert "is this key of the right account?" in deletion.paused_reason
    assert AuditEvent.objects.filter(action="account.doubted").count() == 1
    theatre.sandbox.control(foreign_keys=[])
    deletion = theatre.play(deletion, stay=True)
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.refused) == (12, 0)
    assert AuditEvent.objects.filter(action="account.trusted").count() == 1


def test_another_key_pauses_says_so_and_goes_on_by_one_resume(theatre, settings, images, by) -> None:
    deletion = theatre.confirm(images(5), by=by)
    settings.TENSORSLAB_API_KEY = "another"
    deletion = theatre.play(deletion)
    assert (deletion.state, deletion.paused_by_account) == ("paused", False)
    assert deletion.paused_reason.startswith("Confirmed with another API key than the one that is set now.")
    assert theatre.sandbox.ledger()["calls"] == []
    assert _resumed(theatre, deletion, by).deleted == 5
    told = AuditEvent.objects.get(action="deletion.resumed").detail
    assert told == {"key": accounts.current_key()}


def test_what_was_confirmed_with_another_key_may_be_stopped(theatre, settings, images, by) -> None:
    deletion = theatre.confirm(images(5), by=by)
    settings.TENSORSLAB_API_KEY = "another"
    deletion = theatre.play(deletion)
    _stop(deletion, by, theatre)
    deletion.refresh_from_db()
    assert (deletion.state, deletion.kept) == (State.FINISHED, 5)
    assert theatre.sandbox.ledger()["calls"] == []


def test_maintenance_makes_nothing_gone_and_it_finishes_by_itself(theatre, images, by) -> None:
    theatre.sandbox.control(maintenance="system under maintenance", missing="code")
    deletion = theatre.play(theatre.confirm(images(12), by=by), until=5, stay=True)
    assert deletion.deleted + deletion.already_gone + deletion.refused == 0
    theatre.sandbox.control(maintenance="")
    deletion = theatre.play(deletion, stay=True)
    _finished_without_lies(theatre, deletion)
    assert deletion.deleted == 12


def test_maintenance_in_the_middle(theatre, images, by) -> None:
    theatre.sandbox.control(missing="code", latency=0.02)
    deletion = theatre.play(theatre.confirm(images(20), by=by), until=0.4)
    theatre.sandbox.control(maintenance="system under maintenance")
    deletion = theatre.play(deletion, until=5, stay=True)
    theatre.sandbox.control(maintenance="")
    deletion = theatre.play(deletion, stay=True)
    _finished_without_lies(theatre, deletion)
    assert deletion.deleted == 20


def test_busy_look_ups_that_read_like_missing_tasks(theatre, images, by) -> None:
    """Three look-ups in ten are busy in the form of "no such task", and three deletes in ten are lost."""
    deletes = ["500:before:delete"] * 3 + ["500:after:delete"]
    faults = ["system_busy:look_up", *deletes]
    theatre.sandbox.control(missing="code", faults=faults, fault_rate=0.3, seed=3)
    deletion = theatre.play(theatre.confirm(images(40), by=by), stay=True)
    _finished_without_lies(theatre, deletion)
    assert deletion.deleted == 40


@pytest.mark.parametrize("fault", ["system_busy:look_up", "503:look_up"])
def test_nothing_is_deleted_although_it_says_success_and_look_ups_are_busy(
    theatre, settings, images, by, fault
) -> None:
    """All in one list: of two, the second would be held back by what is seen of the first, if that came early."""
    settings.DELETION_VERIFY = "all"
    settings.TENSORSLAB_BATCH_SIZE = 10
    theatre.sandbox.control(lost_shard=1, missing="code", faults=[fault], fault_rate=0.3, seed=5, retry_after="0")
    deletion = theatre.play(theatre.confirm(images(10), by=by), stay=True)
    _finished_without_lies(theatre, deletion)
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
        deletion = _resumed(theatre, deletion, by)
    _finished_without_lies(theatre, deletion)
    assert deletion.said == 0
    gone = theatre.sandbox.deleted("image")
    assert {item.task_id for item in deletion.items.filter(outcome="deleted")} == gone & {
        item.task_id for item in deletion.items.all()
    }


def test_a_shard_in_five_that_failed_silently_is_noticed_whenever_the_sample_meets_it(theatre, images, by) -> None:
    """Perhaps only when all was sent: even then all of it is looked up."""
    theatre.sandbox.control(lost_shard=5)
    deletion = theatre.play(theatre.confirm(tasks := images(60), by=by))
    while deletion.state == State.PAUSED:
        deletion = _resumed(theatre, deletion, by)
    _finished_without_lies(theatre, deletion)
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
        _stop(deletion, by, theatre)
        theatre.sandbox.control(latency=0)
    deletion = theatre.play(deletion, stay=True)
    _finished_without_lies(theatre, deletion)
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
        deletion = _resumed(theatre, deletion, by)
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted + deletion.already_gone, deletion.refused, deletion.alarms) == (25, 0, 0)
    assert Account.objects.get().lag > 0


def test_a_replica_that_lacks_a_tenth_makes_nothing_gone_that_is_there(theatre, images, by) -> None:
    theatre.sandbox.control(replica_lacks=10, queue=["500:before:delete"] * 3)
    deletion = theatre.play(theatre.confirm(images(20), by=by), stay=True)
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted, theatre.wrong(deletion)) == (20, [])


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


@pytest.mark.parametrize("fault", ["403:after:delete", "401:after:delete", "9000:after:delete"])
def test_a_refusal_of_the_account_may_come_after_the_work(theatre, settings, images, by, fault) -> None:
    settings.TENSORSLAB_CONCURRENCY = 1
    settings.DELETION_CANARY = 0
    theatre.sandbox.control(queue=[fault])
    deletion = theatre.play(theatre.confirm(images(25), by=by))
    assert (deletion.state, deletion.waiting) == (State.PAUSED, 25)
    _stop(deletion, by, theatre)
    deletion = _resumed(theatre, deletion, by)
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.kept) == (5, 20)
    assert deletion.items.filter(outcome="kept", evidence=None).count() == 20


@pytest.mark.parametrize("trouble", ["102", "103", "twice"])
def test_no_answer_is_taken_for_another_calls(theatre, settings, images, by, trouble) -> None:
    bad = (tasks := images(40))[::20]
    theatre.sandbox.control(
        faults=[trouble], fault_rate=0.3, seed=4, refuse={task.task_id: "Task is running" for task in bad}
    )
    deletion = theatre.play(theatre.confirm(tasks, by=by), stay=True)
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.refused) == (38, 2)


def test_slow_look_ups_and_a_late_reset(theatre, settings, images, by) -> None:
    """The look-up is made in time, and comes back after its deadline: it is the moment of asking that counts."""
    settings.DELETION_CANARY = 0
    theatre.sandbox.control(queue=["reset:late:delete"], late_seconds=2.5, look_up_latency=0.6)
    deletion = theatre.play(theatre.confirm(images(8), by=by), until=0.2)
    _stop(deletion, by, theatre)
    deletion = theatre.play(deletion, stay=True)
    _finished_without_lies(theatre, deletion)
    assert theatre.wrong(deletion) == []


def test_a_repeated_key_is_no_answer(theatre, images, by) -> None:
    theatre.sandbox.control(faults=["repeated_key:before:delete"], fault_rate=0.5, seed=1)
    deletion = theatre.play(theatre.confirm(images(20), by=by), stay=True)
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted, theatre.wrong(deletion)) == (20, [])


def test_a_deletion_is_bound_to_the_whole_address(theatre, settings, images, by) -> None:
    settings.TENSORSLAB_API_URL = f"{theatre.sandbox.url}/staging"
    deletion = theatre.confirm(images(3), by=by)
    assert deletion.host == f"{theatre.sandbox.url}/staging"
    settings.TENSORSLAB_API_URL = f"{theatre.sandbox.url}/prod"
    deletion = theatre.play(deletion)
    assert deletion.paused_reason == (
        f"Confirmed for {theatre.sandbox.url}/staging, but this dashboard now sends to {theatre.sandbox.url}/prod. "
        "Nothing is sent."
    )
    assert theatre.sandbox.ledger()["calls"] == []


@pytest.mark.parametrize("echo", ["upper", "lower"])
@pytest.mark.parametrize("missing", ["http", "code", "bad_request", "null_data"])
def test_however_a_missing_task_is_told_it_is_understood(theatre, images, by, missing, echo) -> None:
    gone, *_ = tasks = images(4)
    words = "Task {id} does not exist"
    theatre.sandbox.control(missing=missing, missing_words=words, echo=echo, queue=["500:before:delete"])
    theatre.sandbox.control(gone={"image": [gone.task_id]})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.unknown) == (4, 0)


def test_what_was_gone_before_is_told_apart_from_what_a_failed_call_may_have_deleted(theatre, images, by) -> None:
    gone, *_ = tasks = images(20)
    theatre.sandbox.control(already_gone="failure", gone={"image": [gone.task_id]})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    _finished_without_lies(theatre, deletion)
    item = deletion.items.get(outcome=Outcome.ALREADY_GONE)
    assert (item.task_id, item.message, item.evidence) == (gone.task_id, doubtful.GONE_BEFORE, "seen")
    assert deletion.deleted == 19


def test_what_our_own_failed_call_deleted_is_not_called_already_gone(theatre, images, by) -> None:
    bad, *_ = tasks = images(10)
    theatre.sandbox.control(mode="partial", already_gone="failure", refuse={bad.task_id: "Task is running"})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.already_gone, deletion.refused) == (9, 0, 1)
    assert {item.message for item in deletion.items.filter(outcome="deleted")} == {doubtful.GONE_SOMEHOW}


def test_what_a_call_deleted_before_it_failed_is_not_called_already_gone(theatre, images, by) -> None:
    """The list stops at the first id it does not know; what stands after it is deleted with Success later."""
    tasks = images(6)
    first, second, third, *_ = tasks
    gone = [first.task_id, second.task_id, third.task_id]
    theatre.sandbox.control(already_gone="failure", gone={"image": gone})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    _finished_without_lies(theatre, deletion)
    assert deletion.already_gone == 0
    assert {item.task_id for item in deletion.items.filter(message=doubtful.GONE_SOMEHOW)} == set(gone)


def test_what_failed_and_is_deleted_in_a_moment_was_deleted_by_that(theatre, images, by) -> None:
    theatre.sandbox.control(queue=["failed:late:delete"], late_seconds=5)
    deletion = theatre.play(theatre.confirm(images(1), by=by))
    _finished_without_lies(theatre, deletion)
    item = deletion.items.get()
    assert (item.ending, item.message) == ("Deleted · seen gone", doubtful.DELETED_LATE)


def test_found_there_and_sent_again_with_success_nothing_speaks_against_it(theatre, images, by) -> None:
    theatre.sandbox.control(queue=["500:before:delete"])
    deletion = theatre.play(theatre.confirm(images(10), by=by))
    _finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.contradicted, deletion.items.filter(there_times__gt=0).count()) == (10, 0, 0)


def test_a_task_that_lives_under_the_other_kind_is_not_gone(theatre, by) -> None:
    wrong = TrackedTaskFactory(task_id="abcd_wrong_kind", kind="video")
    theatre.sandbox.world.met["image"].add("abcd_wrong_kind")
    theatre.sandbox.control(already_gone="failure", gone={"video": ["abcd_wrong_kind"]})
    deletion = theatre.play(theatre.confirm([wrong], by=by))
    item = deletion.items.get()
    assert item.ending == "Refused · seen there: TensorsLab knows it as image. Correct its kind in the register"
    assert deletion.state == State.FINISHED


def test_when_most_was_gone_already_it_pauses(theatre, settings, images, by) -> None:
    tasks = images(60)
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 10, 1
    theatre.sandbox.control(already_gone="failure", gone={"image": [task.task_id for task in tasks[:30]]})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    assert (deletion.state, deletion.waiting > 0) == (State.PAUSED, True)
    assert deletion.paused_reason.startswith("Most of its tasks so far were found gone")
    deletion = _resumed(theatre, deletion, by)
    _finished_without_lies(theatre, deletion)
    assert theatre.wrong(deletion) == []


def test_what_is_confirmed_in_doubt_is_warned_of_and_waits_half_a_minute_of_its_own(theatre, images, by) -> None:
    person = Person.signed_in(by.user)
    theatre.sandbox.control(replica_lacks=1)
    theatre.play(theatre.confirm(images(10), by=by), until=120, stay=True)
    deletes = ProviderCall.objects.filter(operation="delete").count()
    chosen = TrackedTask.objects.filter(pk__in=[task.pk for task in images(3)])
    draft = freezing.freeze_tasks(tasks=chosen, actor=by.user, now=theatre.now())
    for page in (draft.get_absolute_url(), "/tasks/"):
        assert "TensorsLab answers as if none of your tasks existed" in person.get(page).content.decode()
    actions.confirm(deletion=draft, by=by, reason="Spring", typed="3", now=theatre.now())
    theatre.play(draft, until=25, stay=True)
    assert ProviderCall.objects.filter(operation="delete").count() == deletes
    assert draft.paused_reason.startswith("TensorsLab answers as if none of your tasks existed")
    deletion = theatre.play(draft, stay=True)
    assert (deletion.state, deletion.deleted, deletion.said) == (State.FINISHED, 3, 3)
    sentence = "3 of 3 deleted, by TensorsLab&#x27;s word alone."
    assert sentence in person.get(deletion.get_absolute_url()).content.decode()


def test_the_bound_holds_although_part_of_it_was_sent_in_doubt(theatre, settings, monkeypatch, images, by) -> None:
    settings.DELETION_CANARY = 0
    settings.TENSORSLAB_CONCURRENCY = 2
    monkeypatch.setattr(sampling, "USUALLY", 150)
    theatre.sandbox.control(latency=0.03)
    deletion = theatre.confirm(images(400), by=by)
    while deletion.sample_gone < sampling.AT_LEAST + 1:
        Shift(length=0.1, clock=theatre.now).run()
        deletion.refresh_from_db()
        theatre.skip(2)
    theatre.sandbox.control(foreign_keys=["test-key"])
    deletion = theatre.play(deletion, stay=True, until=400)
    there = deletion.deleted - len(theatre.sandbox.deleted("image"))
    sample = sampling.sample_of(deletion)
    assert (deletion.state, there > 0, sample.open > 0) == (State.FINISHED, True, True)
    assert there <= sample.at_most_there
    assert f"all gone, {sample.open} more brought no answer: with 95 % confidence" in progress.sample_sentence(sample)
