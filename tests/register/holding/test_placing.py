from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.register.holding import asking, jobs, placing, steps
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.models import HeldTask, Hold, Selection, TrackedTask
from tests.factories import TrackedTaskFactory, UserFactory
from tests.register.holding.conftest import frozen, shown, told

pytestmark = pytest.mark.django_db


def place(by: By, tasks: list[TrackedTask], reason: str = "Legal case 12") -> Hold:
    now = timezone.now()
    return placing.place(selection=frozen(by.user, tasks), by=by, reason=reason, until=None, now=now)


def test_a_hold_has_who_why_and_how_many_and_the_log_has_it(by: By) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    hold = place(by, tasks, "  Legal case 12 ")
    assert (hold.by, hold.reason, hold.placed, hold.count, hold.expected) == ("olga", "Legal case 12", 2, 2, 2)
    assert (hold.is_being_placed, hold.ended_at, hold.selection) == (False, None, None)
    assert shown(*tasks) == [("olga", "Legal case 12")] * 2
    named = [[task.kind, task.task_id] for task in tasks]
    assert told() == [("hold.placed", "olga", {"reason": "Legal case 12", "tasks": 2, "named": named})]
    event = AuditEvent.objects.get(action="hold.placed")
    assert (event.subject, event.address) == (str(hold.uuid), "192.0.2.7")


def test_tasks_that_are_gone_are_not_held_and_those_that_are_being_deleted_are(by: By) -> None:
    there, leaving = TrackedTaskFactory(), TrackedTaskFactory(presence="deleting")
    gone, missing = TrackedTaskFactory(deleted=True), TrackedTaskFactory(presence="missing")
    hold = place(by, [there, leaving, gone, missing])
    assert hold.count == 2
    assert [bool(who) for who, _ in shown(there, leaving, gone, missing)] == [True, True, False, False]
    with pytest.raises(Invalid, match="None of these tasks can be held"):
        place(by, [gone, missing])


def test_a_second_hold_changes_nothing_that_is_shown_and_is_there_all_the_same(by: By) -> None:
    task = TrackedTaskFactory()
    first, second = place(by, [task], "First"), place(by, [task], "Second")
    assert shown(task) == [("olga", "First")]
    assert list(HeldTask.objects.order_by("hold").values_list("hold", flat=True)) == [first.pk, second.pk]


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Give a reason. It stays with the tasks, for everybody to read."),
        (" \t\n", "Give a reason. It stays with the tasks, for everybody to read."),
        ("\u200b\u2060\u3164", "Give a reason. It stays with the tasks, for everybody to read."),
        ("x" * 501, "The reason has 501 characters. Use at most 500."),
        ("a\0b", "The reason holds a NUL character. Remove it."),
    ],
)
def test_a_reason_is_needed(by: By, reason: str, sentence: str) -> None:
    task = TrackedTaskFactory()
    with pytest.raises(Invalid) as invalid:
        place(by, [task], reason)
    assert invalid.value.errors == {"reason": sentence}
    assert shown(task) == [("", "")]


def test_of_five_hundred_characters_all_are_kept(by: By) -> None:
    task = TrackedTaskFactory()
    place(by, [task], "x" * 500)
    assert shown(task) == [("olga", "x" * 500)]


def test_until_includes_its_day_in_the_zone_of_the_person() -> None:
    now = timezone.now()
    with timezone.override("Asia/Tokyo"):
        today = timezone.localdate(now)
        end = asking.until_of(str(today), now=now)
        assert end
        assert timezone.localtime(end).date() == today
        assert timezone.localtime(end + timedelta(microseconds=1)).date() == today + timedelta(days=1)
        yesterday = str(today - timedelta(days=1))
        with pytest.raises(Invalid, match=f"“{yesterday}” is over. Choose today or a later day"):
            asking.until_of(yesterday, now=now)
    assert asking.until_of("", now=now) is None


@pytest.mark.parametrize("text", ["tomorrow", "2099-02-30", "2099-1-5", "-30d", "２０９９-01-01", "2099-01-01T10:00"])
def test_until_is_a_day(text: str) -> None:
    with pytest.raises(Invalid, match=r"is not a day. Write it as YYYY-MM-DD\."):
        asking.until_of(text, now=timezone.now())


def test_the_same_press_holds_once(by: By) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    selection = frozen(by.user, tasks)
    about = {"by": by, "reason": "Legal", "until": None, "now": timezone.now()}
    placing.place(selection=selection, **about)
    # The second of a double click has read the set before the first one used it up.
    selection.save(force_insert=True)
    selection.refresh_from_db()
    Hold.objects.update(made_of=selection.uuid)
    TrackedTask.objects.update(presence="present")
    with pytest.raises((Refused, Invalid)):
        placing.place(selection=selection, **about)
    assert Hold.objects.count() == 1


def test_many_are_held_by_a_job_step_by_step(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "AT_ONCE", 2)
    monkeypatch.setattr(steps, "STEP", 2)
    tasks = TrackedTaskFactory.create_batch(7)
    hold = place(by, [*tasks[:3], *tasks[4:]])
    assert (hold.is_being_placed, hold.expected, hold.count) == (True, 6, 0)
    assert told() == [("hold.placed", "olga", {"reason": "Legal case 12", "selected": 6})]
    now = timezone.now()
    assert steps.place(hold, now=now)
    assert hold.count == 2
    late = TrackedTaskFactory()
    jobs.place.call(str(hold.uuid))
    hold.refresh_from_db()
    assert (hold.is_being_placed, hold.count, hold.placed, hold.told) == (False, 6, 6, 6)
    assert [bool(who) for who, _ in shown(*tasks, late)] == [*[True] * 3, False, *[True] * 3, False]
    assert told()[1:] == [("hold.completed", "", {"tasks": 6})]
    assert not Selection.objects.filter(role="draft").exists()


def test_a_step_that_another_process_has_taken_is_undone(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "AT_ONCE", 0)
    monkeypatch.setattr(steps, "STEP", 1)
    tasks = TrackedTaskFactory.create_batch(3)
    hold = place(by, tasks)
    late = Hold.objects.get(pk=hold.pk)
    steps.place(hold, now=timezone.now())
    assert steps.place(late, now=timezone.now())
    assert (late.count, late.through) == (1, hold.through)
    assert [bool(who) for who, _ in shown(*tasks)] == [True, False, False]


def test_a_job_that_was_lost_is_asked_for_again(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "AT_ONCE", 0)
    hold = place(by, [TrackedTaskFactory()])
    asked: list[str] = []
    monkeypatch.setattr(type(jobs.place), "enqueue", lambda self, uuid: asked.append(uuid))
    now = timezone.now()
    jobs.wake_stuck(now=now)
    assert asked == []
    for _ in range(2):
        jobs.wake_stuck(now=now + timedelta(seconds=11))
    assert asked == [str(hold.uuid)]


def test_a_frozen_set_is_its_owners(olga: User, by: By) -> None:
    selection = frozen(olga, [TrackedTaskFactory()])
    assert asking.found(selection.uuid, user=olga) == selection
    assert asking.found(selection.uuid, user=UserFactory()) is None
