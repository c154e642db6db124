"""The whole register in numbers, counted by a worker now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.calls.models import Kind
from dashboard.register import totals
from dashboard.register.models import Presence, Totals
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def test_it_counts_by_kind_and_presence_and_by_the_last_look_up() -> None:
    made = {"tracked_at": ago(days=9)}
    TrackedTaskFactory.create_batch(2, kind="image", checked_at=None, status="completed", **made)
    TrackedTaskFactory(kind="image", checked_at=ago(hours=23), status="processing", **made)
    TrackedTaskFactory(kind="image", presence="missing", checked_at=ago(days=2), status="completed", **made)
    TrackedTaskFactory(kind="video", checked_at=ago(days=8), status="failed", **made)
    # A look-up says nothing new of what we deleted.
    TrackedTaskFactory(kind="video", presence="deleted", checked_at=None, status="queued", tracked_at=NOW)
    assert totals.counted() is None
    assert totals.keep_up(now=NOW)
    counted = totals.counted()
    assert counted
    assert (counted.at, counted.added_at) == (NOW, NOW)
    assert (counted.tasks(), counted.tasks(kind=Kind.IMAGE), counted.tasks(presence=Presence.DELETED)) == (6, 4, 1)
    assert counted.tasks(kind=Kind.IMAGE, presence=Presence.MISSING) == 1
    assert [counted.number(name) for name in ("unfinished", "never", "day", "week")] == [1, 2, 1, 1]
    assert counted.to_look_up == 5


def test_it_takes_a_hundredth_of_the_time_and_at_most_once_a_minute() -> None:
    moments = iter([10.0, 12.0, 20.0, 20.1])
    assert totals.keep_up(now=NOW, clock=lambda: next(moments))
    assert Totals.objects.get().seconds == 2.0
    assert not totals.keep_up(now=NOW + timedelta(seconds=199))
    assert totals.keep_up(now=NOW + timedelta(seconds=200), clock=lambda: next(moments))
    assert not totals.keep_up(now=NOW + timedelta(seconds=259))


def test_of_two_workers_one_counts() -> None:
    totals.keep_up(now=NOW)
    later = NOW + timedelta(hours=1)
    # The other began at this very moment, and has not finished.
    Totals.objects.update(begun_at=later)
    assert not totals.keep_up(now=later)


def test_one_that_died_in_the_middle_is_replaced() -> None:
    Totals.objects.create(pk=1, begun_at=NOW)
    assert totals.counted() is None
    assert totals.keep_up(now=NOW + timedelta(minutes=1))
    assert totals.counted()
