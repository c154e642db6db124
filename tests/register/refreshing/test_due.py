"""What is looked up next, by rows and moments, without any provider."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.register.models import Presence, TrackedTask
from dashboard.register.refreshing import due
from dashboard.register.refreshing.allowances import Number, PerMinute, is_spent
from dashboard.register.refreshing.due import Part
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def task(
    task_id: str, *, looked_up: timedelta | None = None, age: timedelta = 30 * DAY, **fields: object
) -> TrackedTask:
    checked_at = NOW - looked_up if looked_up is not None else None
    return TrackedTaskFactory(task_id=task_id, created_at=NOW - age, checked_at=checked_at, **fields)


def chosen(parts: Sequence[Part] | None = None, *, limit: int | None = None) -> list[str]:
    portions = due.portions(parts or due.by_age(NOW), Number(limit))
    return [one.task_id for portion in portions for one in portion]


def test_the_newest_unfinished_come_first_then_what_was_never_looked_up_then_the_oldest_look_up() -> None:
    task("old look-up", looked_up=9 * DAY)
    task("older look-up", looked_up=10 * DAY)
    task("never")
    task("queued", status="queued", age=2 * HOUR)
    task("of unknown age", status="queued").__class__.objects.filter(task_id="of unknown age").update(created_at=None)
    task("processing", status="processing", age=HOUR)
    assert chosen() == ["processing", "queued", "of unknown age", "never", "older look-up", "old look-up"]


@pytest.mark.parametrize(
    ("age", "looked_up", "is_due"),
    [
        (10 * MINUTE, 4 * MINUTE, False),
        (10 * MINUTE, 6 * MINUTE, True),
        (3 * HOUR, 59 * MINUTE, False),
        (3 * HOUR, 61 * MINUTE, True),
        (3 * DAY, 23 * HOUR, False),
        (3 * DAY, 25 * HOUR, True),
    ],
)
def test_an_unfinished_task_is_looked_up_the_less_often_the_older_it_is(
    age: timedelta, looked_up: timedelta, is_due: bool
) -> None:
    task("a", status="uploading", age=age, looked_up=looked_up)
    assert chosen() == (["a"] if is_due else [])


@pytest.mark.parametrize(
    ("status", "presence"), [("completed", "present"), ("failed", "present"), ("queued", "missing")]
)
def test_any_other_task_is_looked_up_once_a_day(status: str, presence: str) -> None:
    rest = {"status": status, "presence": presence, "age": 10 * MINUTE}
    task("a", looked_up=23 * HOUR, **rest)
    task("b", looked_up=25 * HOUR, **rest)
    assert chosen() == ["b"]


def test_what_we_delete_or_deleted_is_left_alone() -> None:
    for presence in (Presence.DELETING, Presence.DELETED):
        task(presence, presence=presence, status="queued")
    assert chosen() == []


def test_what_one_has_claimed_another_does_not_get_until_it_is_given_back_or_its_time_is_over() -> None:
    task("a")
    task("b", status="queued")
    assert chosen() == ["b", "a"]
    assert chosen() == []
    [row] = TrackedTask.objects.filter(task_id="a")
    due.give_back([due.Task(row.pk, row.kind, row.task_id)])
    assert chosen() == ["a"]
    TrackedTask.objects.update(asked_at=timezone.now() - due.CLAIMED_FOR - MINUTE)
    assert chosen() == ["b", "a"]


def test_what_was_looked_up_since_it_was_claimed_is_free_again() -> None:
    task("a", looked_up=timedelta())
    TrackedTask.objects.update(asked_at=NOW - MINUTE)
    assert chosen(due.not_since(NOW + MINUTE)) == ["a"]


def test_many_are_read_in_order_through_ties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "AT_ONCE", 2)
    for number in range(5):
        task(f"q{number}", status="queued", age=HOUR)
        task(f"n{number}")
        task(f"o{number}", looked_up=2 * DAY)
    newest = [f"q{number}" for number in (4, 3, 2, 1, 0)]
    assert chosen() == [*newest, *(f"{part}{number}" for part in "no" for number in range(5))]


def test_the_number_limits() -> None:
    for number in range(5):
        task(f"n{number}")
    assert chosen(limit=3) == ["n0", "n1", "n2"]


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def test_a_minute_has_its_calls_and_the_next_one_what_the_last_did_not_spend_ahead(settings) -> None:
    settings.REFRESH_CALLS_PER_MINUTE = 10
    clock = Clock()
    minute, other = PerMinute(clock), PerMinute(clock)
    assert (minute.take(6), other.take(6), minute.take(6)) == (6, 4, 0)
    assert is_spent(now=clock.time)
    # Two were not made, then five controls.
    minute.put_back(2)
    assert not is_spent(now=clock.time)
    minute.put_back(-5)
    clock.time += timedelta(seconds=59)
    assert minute.take(1) == 0
    clock.time += timedelta(seconds=2)
    assert not is_spent(now=clock.time)
    assert minute.take(20) == 7


def test_a_minute_that_a_wrong_clock_began_holds_nothing_up(settings) -> None:
    settings.REFRESH_CALLS_PER_MINUTE = 10
    clock = Clock()
    clock.time += DAY
    assert PerMinute(clock).take(10) == 10
    clock.time -= DAY
    assert not is_spent(now=clock.time)
    assert PerMinute(clock).take(10) == 10
