from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.register.holding import jobs, placing, releasing, steps, tending
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.holding.releasing import Changed
from dashboard.register.models import HeldTask, Hold, HoldRelease, TrackedTask
from tests.factories import TrackedTaskFactory, UserFactory
from tests.register.holding.conftest import frozen, shown, told
from tests.register.holding.test_placing import place

pytestmark = pytest.mark.django_db


def release(by: By, tasks: list[TrackedTask], *holds: Hold, **other: object) -> HoldRelease:
    about = {"holds": [hold.pk for hold in holds], "seen": len(tasks), "reason": "Over", "now": timezone.now()} | other
    return releasing.release_selected(selection=frozen(by.user, tasks), by=by, **about)


def test_some_of_a_hold_are_released_with_who_when_and_why(by: By) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    hold = place(by, tasks)
    done = release(by, tasks[:2])
    hold.refresh_from_db()
    assert (hold.placed, hold.count, hold.ended_at) == (3, 1, None)
    assert shown(*tasks) == [("", ""), ("", ""), ("olga", "Legal case 12")]
    assert (done.by, done.reason, done.released, done.moved_at) == ("olga", "Over", 2, None)
    assert set(HeldTask.objects.filter(release=done).values_list("task", flat=True)) == {task.pk for task in tasks[:2]}
    named = [[task.kind, task.task_id] for task in tasks[:2]]
    assert told()[1:] == [
        ("hold.released", "olga", {"reason": "Over", "tasks": 2, "named": named, "from": "all holds"})
    ]


def test_a_hold_ends_with_its_last_task(by: By) -> None:
    task = TrackedTaskFactory()
    hold = place(by, [task])
    release(by, [task])
    hold.refresh_from_db()
    assert hold.count == 0
    assert hold.ended_at


def test_releasing_one_hold_leaves_the_others(by: By) -> None:
    task = TrackedTaskFactory()
    other = By(user=UserFactory(username="li"))
    first, second = place(by, [task], "First"), place(other, [task], "Second")
    release(by, [task], first)
    assert shown(task) == [("li", "Second")]
    assert list(Hold.objects.in_force()) == [second]
    third = place(by, [task], "Third")
    release(by, [task], third)
    assert shown(task) == [("li", "Second")]
    place(by, [task], "Fourth")
    release(by, [task])
    assert shown(task) == [("", "")]
    assert not Hold.objects.in_force().exists()


def test_what_another_program_wrote_stays(by: By) -> None:
    task = TrackedTaskFactory(held_by="script", held_reason="Do not touch")
    place(by, [task])
    release(by, [task])
    assert shown(task) == [("script", "Do not touch")]


@pytest.mark.parametrize("reason", ["", "\u200b", "x" * 501])
def test_a_reason_is_needed(by: By, reason: str) -> None:
    task = TrackedTaskFactory()
    place(by, [task])
    with pytest.raises(Invalid) as invalid:
        release(by, [task], reason=reason)
    assert list(invalid.value.errors) == ["reason"]
    assert shown(task) == [("olga", "Legal case 12")]


def test_what_is_not_held_is_not_released(by: By) -> None:
    with pytest.raises(Invalid, match="None of these tasks is held"):
        release(by, [TrackedTaskFactory()], seen=0)
    assert told() == []


def test_of_two_people_at_once_the_second_is_told(by: By) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    hold = place(by, tasks)
    seen = frozen(by.user, tasks)
    release(by, tasks[:1])
    about = {"holds": [], "by": by, "reason": "Over", "now": timezone.now()}
    with pytest.raises(Changed):
        releasing.release_selected(selection=seen, seen=2, **about)
    with pytest.raises(Changed):
        releasing.release_hold(hold=hold, seen=2, by=by, reason="Over", now=timezone.now())
    releasing.release_hold(hold=hold, seen=1, by=by, reason="Over", now=timezone.now())
    with pytest.raises(Changed):
        releasing.release_hold(hold=hold, seen=1, by=by, reason="Over", now=timezone.now())
    assert [action for action, _, _ in told()] == ["hold.placed", "hold.released", "hold.released"]


def test_the_same_press_releases_once(by: By) -> None:
    task = TrackedTaskFactory()
    place(by, [task])
    selection = frozen(by.user, [task])
    about = {"selection": selection, "holds": [], "seen": 1, "by": by, "reason": "Over", "now": timezone.now()}
    releasing.release_selected(**about)
    place(by, [task], "Again")
    with pytest.raises(Refused, match="This was done by an earlier press"):
        releasing.release_selected(**about)
    assert shown(task) == [("olga", "Again")]


def test_many_are_released_by_a_job(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = TrackedTaskFactory.create_batch(7)
    other = place(by, tasks[:1], "Other")
    hold = place(by, tasks)
    monkeypatch.setattr(releasing, "AT_ONCE", 2)
    monkeypatch.setattr(steps, "STEP", 2)
    _by_a_job(release(by, tasks[:3], hold))
    hold.refresh_from_db()
    _by_a_job(releasing.release_hold(hold=hold, seen=4, by=by, reason="All", now=timezone.now()))
    hold.refresh_from_db()
    assert hold.ended_at
    assert shown(*tasks) == [("olga", "Other"), *[("", "")] * 6]
    assert [(action, detail.get("tasks", detail.get("holds"))) for action, _, detail in told()[2:]] == [
        ("hold.released", 3),
        ("hold.lifted", 3),
        ("hold.released", 4),
        ("hold.lifted", 4),
    ]
    assert list(Hold.objects.in_force()) == [other]


def _by_a_job(release: HoldRelease) -> None:
    assert release.moved_at
    jobs.lift.call(str(release.uuid))
    release.refresh_from_db()
    assert release.moved_at is None


def test_one_that_is_still_being_placed_is_not_released(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "AT_ONCE", 0)
    hold = place(by, [TrackedTaskFactory()])
    with pytest.raises(Refused, match="still being placed"):
        releasing.release_hold(hold=hold, seen=0, by=by, reason="Over", now=timezone.now())


def test_it_ends_by_itself_after_its_last_day(by: By) -> None:
    task, other = TrackedTaskFactory.create_batch(2)
    until = datetime(2099, 5, 1, 23, 59, 59, 999999, tzinfo=UTC)
    hold = placing.place(selection=frozen(by.user, [task]), by=by, reason="Until May", until=until, now=timezone.now())
    place(by, [other])
    tending.tend(now=until)
    assert shown(task) == [("olga", "Until May")]
    for _ in range(2):
        tending.tend(now=until + timedelta(microseconds=1))
    assert shown(task, other) == [("", ""), ("olga", "Legal case 12")]
    hold.refresh_from_db()
    assert (hold.count, hold.ended_at) == (0, until + timedelta(microseconds=1))
    assert HoldRelease.objects.get().cause == "until"
    assert told()[2:] == [("hold.ended", "", {"tasks": 1})]
    assert told()[0][2]["until"] == "2099-05-01T23:59:59.999999+00:00"


def test_a_large_one_that_ends_is_released_by_a_job(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    until = timezone.now() + timedelta(days=1)
    placing.place(selection=frozen(by.user, tasks), by=by, reason="A day", until=until, now=timezone.now())
    monkeypatch.setattr(releasing, "AT_ONCE", 1)
    tending.tend(now=until + timedelta(seconds=1))
    assert shown(*tasks) == [("olga", "A day")] * 3
    jobs.lift.call(str(HoldRelease.objects.get().uuid))
    assert shown(*tasks) == [("", "")] * 3


def test_a_hold_of_somebody_whose_account_is_closed_stays_and_can_be_released(by: By) -> None:
    task = TrackedTaskFactory()
    place(by, [task])
    by.user.is_active = False
    by.user.save()
    assert shown(task) == [("olga", "Legal case 12")]
    release(By(user=UserFactory(username="li")), [task])
    assert shown(task) == [("", "")]
