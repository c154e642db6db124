"""Against the sandbox, over real HTTP. Nothing waits: `rests` stands in for the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls.models import Account, Control
from dashboard.register.models import Presence, TrackedTask
from dashboard.register.refreshing import Refreshed, refresh, store
from tensorslab_api.sandbox.painting import ending
from tensorslab_api.types import TaskInfo, TaskKind, TaskStatus
from tensorslab_api.verdict import Ruling, Verdict
from tests.factories import TrackedTaskFactory

# Calls leave in threads, whose provider reads the register.
pytestmark = pytest.mark.django_db(transaction=True)


class Rests(list[float]):
    """Notes how long we would have slept, and lets that time have passed for the account."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        Account.objects.update(rest_until=None)
        Control.objects.update(next_at=None)


@pytest.fixture
def rests() -> Rests:
    return Rests()


def run(rests: Rests, *, hours: float = 24, limit: int | None = None) -> Refreshed:
    return refresh(older_than=timedelta(hours=hours), limit=limit, actor="olga", sleep=rests)


def asked() -> list[str]:
    """Whom it asked about, controls left out."""
    events = AuditEvent.objects.filter(action="call.look_up").order_by("sequence")
    return [task_id for event in events if not event.detail["purpose"] for task_id in event.detail["ids"]]


def bare(task_id: str, **values) -> TrackedTask:
    empty = {"status": "unknown", "model": "", "prompt": "", "width": None, "height": None, "created_at": None}
    return TrackedTaskFactory(task_id=task_id, **empty | values)


def test_a_look_up_fills_a_bare_row(sandbox, rests):
    sandbox.control(statuses={"a": 3})
    task = bare("a")
    assert run(rests) == Refreshed(looked_up=1)
    task.refresh_from_db()
    assert task.status == "completed"
    assert task.model
    assert task.prompt
    assert task.width
    assert task.urls == [f"{sandbox.media_url}/image/a.{ending(TaskKind.IMAGE, 'a')}"]
    # The provider's time names no zone, so it stays a text.
    assert task.created_raw.startswith("2026-")
    assert task.created_at is None
    assert timezone.now() - task.checked_at < timedelta(minutes=1)


def test_what_the_answer_leaves_empty_keeps_what_we_have(sandbox, rests):
    sandbox.control(statuses={"v": 2})
    task = TrackedTaskFactory(kind="video", task_id="v", width=1280, urls=["https://example.com/v.mp4"])
    run(rests)
    task.refresh_from_db()
    assert (task.status, task.width, task.urls) == ("processing", 1280, ["https://example.com/v.mp4"])
    assert task.created_at is not None


def test_only_web_addresses_and_known_states_are_kept():
    task = TrackedTaskFactory(status="completed")
    info = TaskInfo(
        kind=TaskKind.IMAGE,
        task_id=task.task_id,
        status=TaskStatus.UNKNOWN,
        urls=("javascript:alert(1)", "https://example.com/1.png"),
    )
    store(task, Verdict(ruling=Ruling.THERE, sentence="", info=info), gone=False, now=timezone.now())
    task.refresh_from_db()
    assert (task.status, task.urls) == ("completed", ["https://example.com/1.png"])


def test_a_task_that_vanished_becomes_missing(sandbox, rests):
    sandbox.control(unknown=["a"])
    TrackedTaskFactory(task_id="there")
    task = TrackedTaskFactory(task_id="a", prompt="kept")
    assert run(rests) == Refreshed(looked_up=2, missing=1)
    task.refresh_from_db()
    assert (task.presence, task.prompt) == (Presence.MISSING, "kept")


@pytest.mark.parametrize("troubles", [["system_busy:look_up"], ["system_busy:look_up"] * 2])
def test_a_busy_moment_makes_nothing_missing(sandbox, rests, troubles):
    """It is told as 200 and 9999, as "no such task" may be: only a ghost's answer tells them apart."""
    sandbox.control(missing="code")
    busy, *_ = TrackedTaskFactory.create_batch(4)
    sandbox.control(queue=troubles)
    done = run(rests)
    assert (done.missing, done.unanswered, done.looked_up) == (0, len(troubles), 4 - len(troubles))
    busy.refresh_from_db()
    assert (busy.presence, busy.checked_at) == (Presence.PRESENT, None)


def test_under_the_key_of_another_account_nothing_is_missing(sandbox, rests):
    TrackedTaskFactory.create_batch(4)
    sandbox.control(foreign_keys=["test-key"])
    done = run(rests)
    assert (done.looked_up, done.missing) == (0, 0)
    assert done.stopped.startswith("TensorsLab answers as if none of your tasks existed, not even abcd_")
    assert not TrackedTask.objects.exclude(presence=Presence.PRESENT).exists()
    sandbox.control(foreign_keys=[])


def test_where_nothing_is_left_that_could_vouch_nothing_is_missing(sandbox, rests):
    sandbox.control(unknown=["a"])
    TrackedTaskFactory(task_id="a")
    assert "not even a: is this key of the right account?" in run(rests).stopped
    assert TrackedTask.objects.get().presence == Presence.PRESENT


def test_a_task_being_deleted_is_left_to_its_deletion(sandbox, rests):
    for presence in (Presence.DELETING, Presence.DELETED):
        TrackedTaskFactory(presence=presence)
    assert run(rests) == Refreshed()
    assert asked() == []


def test_a_deletion_that_came_between_keeps_its_say():
    task = TrackedTaskFactory()
    TrackedTask.objects.update(presence=Presence.DELETING)
    assert not store(task, Verdict(ruling=Ruling.ABSENT, sentence=""), gone=True, now=timezone.now())
    task.refresh_from_db()
    assert task.presence == Presence.DELETING


def test_never_checked_tasks_come_first_then_the_oldest(sandbox, rests):
    now = timezone.now()
    TrackedTaskFactory(task_id="older", checked_at=now - timedelta(days=9))
    TrackedTaskFactory(task_id="oldest", checked_at=now - timedelta(days=10))
    TrackedTaskFactory(task_id="fresh", checked_at=now - timedelta(hours=1))
    TrackedTaskFactory(task_id="never", checked_at=None)
    run(rests)
    assert asked() == ["never", "oldest", "older"]


def test_the_limit_limits(sandbox, rests):
    TrackedTaskFactory.create_batch(3)
    assert run(rests, limit=2) == Refreshed(looked_up=2)
    assert len(asked()) == 2


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("401", "API key rejected (401). Put a valid key in TENSORSLAB_API_KEY."),
        ("9000", "The TensorsLab account is out of credits (9000). Add credits there."),
    ],
)
def test_the_first_look_up_proves_the_key(sandbox, rests, fault, sentence):
    TrackedTaskFactory.create_batch(3)
    sandbox.control(queue=[fault])
    assert run(rests) == Refreshed(stopped=sentence)
    assert len(sandbox.ledger()["calls"]) == 1
    assert TrackedTask.objects.filter(checked_at=None).count() == 3


def test_the_first_look_up_proves_the_key_and_lifts_the_pause_that_the_old_one_brought(sandbox, rests):
    TrackedTaskFactory.create_batch(2)
    Account.objects.create(host=sandbox.url, paused_reason="API key rejected (401).")
    assert run(rests) == Refreshed(looked_up=2)
    assert Account.objects.get().paused_reason == ""


def test_a_key_that_is_still_wrong_stops_at_the_first_look_up(sandbox, rests):
    TrackedTaskFactory.create_batch(2)
    sandbox.control(api_key="another")
    Account.objects.create(host=sandbox.url, paused_reason="API key rejected (401).")
    assert "API key rejected (401)" in run(rests).stopped
    assert [call["http_status"] for call in sandbox.ledger()["calls"]] == [401]


def test_a_task_that_was_missed_under_a_wrong_key_is_found_again(sandbox, rests):
    task = TrackedTaskFactory(presence=Presence.MISSING)
    assert run(rests) == Refreshed(looked_up=1)
    task.refresh_from_db()
    assert task.presence == Presence.PRESENT


def test_a_busy_provider_is_waited_for(sandbox, rests):
    task = TrackedTaskFactory()
    sandbox.control(queue=["429"], retry_after="7")
    assert run(rests) == Refreshed(looked_up=1)
    assert rests == [7]
    task.refresh_from_db()
    assert task.checked_at


def test_a_provider_that_stays_busy_is_left_alone(sandbox, rests):
    TrackedTaskFactory()
    sandbox.control(queue=["429"] * 20)
    assert run(rests).stopped == "TensorsLab stayed busy over 10 waits. Run it again later."
    assert len(sandbox.ledger()["calls"]) == 10


def test_one_lost_answer_changes_nothing_and_the_next_task_is_asked(sandbox, rests):
    lost, answered = bare("lost"), bare("answered")
    sandbox.control(queue=["html_404"])
    assert run(rests) == Refreshed(looked_up=1, unanswered=1)
    lost.refresh_from_db()
    answered.refresh_from_db()
    assert (lost.checked_at, lost.presence) == (None, Presence.PRESENT)
    assert answered.checked_at


def test_an_unreachable_host_stops_it_after_a_few(settings, rests):
    TrackedTaskFactory.create_batch(5)
    done = run(rests)
    assert (done.looked_up, done.unanswered) == (0, 3)
    assert done.stopped.endswith("Stopped after 3 look-ups in a row without an answer.")
    assert "test-key" not in done.stopped
    assert not TrackedTask.objects.exclude(presence=Presence.PRESENT).exists()


def test_the_command_prints_what_it_did(sandbox, capsys):
    sandbox.control(unknown=["gone"])
    TrackedTaskFactory(task_id="gone")
    TrackedTaskFactory()
    call_command("refresh_tasks")
    assert capsys.readouterr().out == "2 looked up, 1 of them missing, 0 without an answer\n"


def test_the_command_ends_with_the_sentence(sandbox, capsys):
    TrackedTaskFactory()
    sandbox.control(queue=["401"])
    with pytest.raises(SystemExit) as left:
        call_command("refresh_tasks", "--limit", "5")
    assert left.value.code == "API key rejected (401). Put a valid key in TENSORSLAB_API_KEY."


@pytest.mark.parametrize("arguments", [["--limit=0"], ["--older-than=-1"], ["--older-than=nan"]])
def test_the_command_refuses_absurd_numbers(arguments):
    with pytest.raises(SystemExit, match="Use a number"):
        call_command("refresh_tasks", *arguments)
