from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.calls.models import Account, ProviderCall
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.deletions import actions
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.models import DeletionItem, Outcome, State
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import outcomes, work
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_deletes_exactly_what_was_confirmed(sandbox, confirm, images) -> None:
    chosen, others = images(3), images(2)
    deletion = work(confirm(chosen))
    assert deletion.state == State.FINISHED
    assert deletion.deleted == 3
    assert set(sandbox.ledger()["deleted"]["image"]) == {task.task_id for task in chosen}
    assert TrackedTask.objects.filter(presence="deleted").count() == 3
    assert not TrackedTask.objects.filter(pk__in=[task.pk for task in others]).exclude(presence="present").exists()


def test_it_sends_one_kind_a_call_and_never_more_than_a_batch(sandbox, settings, confirm, images) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 10
    tasks = images(25) + TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(7, video=True))
    deletion = work(confirm(tasks))
    calls = [call for call in sandbox.ledger()["calls"] if call["operation"] == "delete"]
    assert sorted((call["kind"], len(call["ids"])) for call in calls) == [
        ("image", 5),
        ("image", 10),
        ("image", 10),
        ("video", 7),
    ]
    assert deletion.deleted == 32


def test_it_finds_the_refused_within_the_budget(sandbox, settings, confirm, images) -> None:
    tasks = images(300)
    bad = [task.task_id for task in tasks[17::100]]
    assert len(bad) == 3
    sandbox.control(refuse=dict.fromkeys(bad, "task is running"))
    deletion = work(confirm(tasks))
    assert (deletion.deleted, deletion.refused) == (297, 3)
    refused = deletion.items.filter(outcome=Outcome.REFUSED)
    assert {item.task_id for item in refused} == set(bad)
    assert {item.message for item in refused} == {"task is running"}
    # Refused rests on a look-up that found it.
    assert {item.tracked.seen_at for item in refused} == {item.seen_at for item in refused}
    assert set(TrackedTask.objects.filter(last_outcome="refused").values_list("last_message", flat=True)) == {
        "task is running"
    }
    calls = ProviderCall.objects.filter(operation="delete").count()
    # Per batch of 100 with k refused: at most 2k·⌈log2 100⌉ + 1 deletes; and one look-up for each.
    assert calls <= 3 + 2 * 3 * 7
    # Each is looked up at once, and when its call can't be at work any more.
    assert ProviderCall.objects.filter(purpose="settle").count() == 6


@pytest.mark.parametrize("already_gone", ["failure", "success"])
def test_a_provider_that_deletes_some_and_says_failed_costs_at_most_five_calls_an_id(
    sandbox, confirm, images, already_gone
) -> None:
    tasks = images(64)
    bad = tasks[5].task_id
    sandbox.control(mode="partial", already_gone=already_gone, refuse={bad: "no"})
    deletion = work(confirm(tasks))
    if already_gone == "failure":
        assert (deletion.state, deletion.paused_reason[:42]) == (
            State.PAUSED,
            "Most of its tasks so far were found gone, ",
        )
        actions.resume(deletion=deletion, by=actions.By(user=deletion.actor), now=timezone.now())
        work(deletion)
    assert deletion.deleted + deletion.already_gone == 63
    assert outcomes(deletion)[bad] == "refused"
    # Two deletes on the way to each alone; two look-ups that find it gone, and one for the other kind.
    calls = ProviderCall.objects.exclude(purpose__in=["ghost", "witness"])
    assert calls.count() <= 5 * 64


def about() -> list[str]:
    """The calls that were made for tasks, without the controls."""
    calls = ProviderCall.objects.exclude(purpose__in=["ghost", "witness"]).order_by("pk")
    return list(calls.values_list("operation", flat=True))


@pytest.mark.parametrize("fault", ["500:after", "reset:after", "not_json:after", "502:after", "null_data:after"])
def test_a_lost_answer_is_looked_up_and_never_sent_again_when_gone(sandbox, confirm, images, fault) -> None:
    tasks = images(4)
    sandbox.control(queue=[fault])
    deletion = work(confirm(tasks))
    assert deletion.deleted == 4
    # Seen gone is gone twice.
    assert about() == ["delete"] + ["look_up"] * 8
    assert set(deletion.items.values_list("evidence", flat=True)) == {"seen"}


def test_a_lost_request_is_sent_again_once_a_look_up_finds_the_tasks(sandbox, confirm, images) -> None:
    tasks = images(4)
    sandbox.control(queue=["500:before"])
    deletion = work(confirm(tasks))
    assert deletion.deleted == 4
    for task in tasks:
        calls = [call["operation"] for call in sandbox.ledger()["calls"] if task.task_id in call["ids"]]
        assert calls == ["delete", "look_up", "delete"]


def test_an_answer_that_never_comes_stays_unknown_and_holds_its_task(sandbox, settings, confirm, images) -> None:
    settings.DELETION_MAX_ATTEMPTS = 2
    sandbox.control(faults=["500:after:delete", "not_json:look_up"], fault_rate=1.0)
    deletion = confirm(images(1))
    for _ in range(6):
        work(deletion, shifts=1)
        if deletion.state == State.PAUSED:
            actions.resume(deletion=deletion, by=actions.By(user=deletion.actor), now=timezone.now())
    assert (deletion.state, deletion.unknown) == (State.FINISHED, 1)
    assert TrackedTask.objects.get().presence == "deleting"


def test_check_unknown_only_looks_up(sandbox, settings, confirm, images) -> None:
    deletion = confirm(images(2))
    DeletionItem.objects.update(outcome="unknown", open=False, lost_at=timezone.now() - timedelta(hours=1))
    type(deletion).objects.update(state=State.FINISHED, waiting=0, unknown=2)
    deletion.refresh_from_db()
    sandbox.control(gone={"image": [deletion.items.first().task_id]})
    actions.check_unknown(deletion=deletion, by=actions.By(user=deletion.actor), now=timezone.now())
    work(deletion)
    assert (deletion.state, deletion.deleted, deletion.refused) == (State.FINISHED, 1, 1)
    assert {call["operation"] for call in sandbox.ledger()["calls"]} == {"look_up"}


@pytest.mark.once
@pytest.mark.parametrize(
    ("fault", "words"), [("401", "API key rejected (401)"), ("403", "(403)"), ("9000", "out of credits")]
)
def test_a_refusal_of_the_whole_account_pauses_with_its_reason(
    sandbox, settings, confirm, images, fault, words
) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 1
    settings.TENSORSLAB_CONCURRENCY = 2
    sandbox.control(faults=[fault], fault_rate=1.0)
    deletion = work(confirm(images(20)))
    assert deletion.state == State.PAUSED
    assert words in deletion.paused_reason
    assert deletion.waiting == 20
    assert len(sandbox.ledger()["calls"]) <= 4
    sandbox.control(fault_rate=0.0)
    actions.resume(deletion=deletion, by=actions.By(user=deletion.actor), now=timezone.now())
    assert work(deletion).deleted == 20


def test_a_busy_provider_is_left_alone_as_long_as_it_asks(sandbox, confirm, images) -> None:
    sandbox.control(retry_after="30")
    sandbox.control(queue=["429:before"])
    deletion = confirm(images(3))
    Shift(length=2).run()
    account = Account.objects.get()
    assert 25 < (account.rest_until - timezone.now()).total_seconds() <= 30
    assert Shift(length=2).run()
    assert len(sandbox.ledger()["calls"]) == 1
    assert work(deletion).deleted == 3


def test_an_unreachable_host_sends_nothing_and_pauses_in_the_end(settings, confirm, images) -> None:
    settings.DELETION_MAX_ATTEMPTS = 2
    settings.TENSORSLAB_CONCURRENCY = 1
    settings.TENSORSLAB_API_URL = "http://127.0.0.1:9"
    deletion = work(confirm(images(3)))
    assert deletion.state == State.PAUSED
    assert "No usable answer" in deletion.paused_reason
    assert deletion.waiting == 3


def test_a_deletion_confirmed_for_another_host_pauses_and_sends_nothing(sandbox, settings, confirm, images) -> None:
    deletion = confirm(images(3))
    type(deletion).objects.update(host="https://elsewhere.example", state=State.RUNNING)
    Shift(length=1).run()
    deletion.refresh_from_db()
    assert deletion.state == State.PAUSED
    assert "Confirmed for https://elsewhere.example" in deletion.paused_reason
    assert sandbox.ledger()["calls"] == []


def test_a_random_sample_and_the_ends_of_lists_are_looked_up(sandbox, settings, confirm, images) -> None:
    settings.DELETION_VERIFY = "sample"
    settings.TENSORSLAB_BATCH_SIZE = 30
    deletion = work(confirm(images(120)))
    seen = deletion.items.filter(evidence="seen")
    assert seen.count() == seen.filter(verified="gone").count() >= 30
    assert deletion.items.filter(evidence="said").count() == deletion.said == 120 - seen.count()
    deletes = [call["ids"] for call in sandbox.ledger()["calls"] if call["operation"] == "delete"]
    ends = {task_id for ids in deletes for task_id in (ids[0], ids[-1])}
    assert ends <= set(seen.values_list("task_id", flat=True))
    assert deletion.sample_gone >= 30
    assert (deletion.alarms, deletion.sample_there) == (0, 0)


def test_called_deleted_but_still_there_is_an_alarm(sandbox, settings, confirm, images) -> None:
    settings.DELETION_VERIFY = "all"
    tasks = images(2)
    sandbox.control(spared=[tasks[0].task_id])
    deletion = work(confirm(tasks))
    assert (deletion.alarms, deletion.deleted, deletion.refused) == (1, 1, 1)
    item = deletion.items.get(verified="present")
    assert (item.task_id, item.outcome) == (tasks[0].task_id, "refused")
    assert item.message == "TensorsLab said Success, but the task is still there"
    assert TrackedTask.objects.get(pk=tasks[0].pk).presence == "present"
    assert AuditEvent.objects.filter(action="deletion.alarm").count() == 1


def test_every_call_is_in_the_audit_log_with_its_ids(sandbox, confirm, images) -> None:
    tasks = images(3)
    work(confirm(tasks))
    event = AuditEvent.objects.get(action="call.delete")
    assert event.detail["ids"] == [task.task_id for task in tasks]


@pytest.mark.once
def test_a_deletion_that_is_mostly_refused_pauses_until_somebody_accepts_that(
    sandbox, settings, confirm, images
) -> None:
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 2, 1
    tasks = images(40)
    sandbox.control(refuse={task.task_id: "task is running" for task in tasks[:30]})
    deletion = work(confirm(tasks))
    assert deletion.state == State.PAUSED
    assert deletion.paused_reason == (
        "Over 50 % of its tasks so far were refused. Last: task is running. Resume to go on all the same."
    )
    assert deletion.refused < 30
    assert AuditEvent.objects.get(action="deletion.paused").detail == {"reason": deletion.paused_reason}
    actions.resume(deletion=deletion, by=actions.By(user=deletion.actor), now=timezone.now())
    work(deletion, shifts=60)
    assert (deletion.state, deletion.deleted, deletion.refused) == (State.FINISHED, 10, 30)


@pytest.mark.once
def test_a_few_refusals_say_nothing_yet(sandbox, confirm, images) -> None:
    tasks = images(19)
    sandbox.control(refuse={task.task_id: "task is running" for task in tasks})
    deletion = work(confirm(tasks), shifts=60)
    assert (deletion.state, deletion.refused) == (State.FINISHED, 19)


def test_a_rest_is_never_shortened(sandbox, confirm, images) -> None:
    host = accounts.current().host
    now = timezone.now()
    for retry_after in (600.0, 0.0):
        busy = Verdict(ruling=Ruling.BUSY, sentence="", retry_after=retry_after)
        accounts.learn(busy, host=host, now=now, jitter=0.5)
    assert Account.objects.get().rest_until == now + timedelta(seconds=600)


def test_what_is_held_after_the_confirmation_is_kept(sandbox, confirm, images) -> None:
    tasks = images(3)
    deletion = confirm(tasks)
    TrackedTask.objects.filter(pk=tasks[1].pk).update(held_by="alice", held_reason="Legal case 12")
    work(deletion)
    assert (deletion.state, deletion.deleted, deletion.kept) == (State.FINISHED, 2, 1)
    assert tasks[1].task_id not in sandbox.ledger()["deleted"]["image"]
    assert deletion.items.get(outcome="kept").message == "Held: Legal case 12"
