"""Stretches of time and of numbers hold what they should, and a look through them reads no task twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.database import prompt_reading, proposals
from dashboard.database.prompt_reading import BEGIN, slot_of
from dashboard.pages import moments
from dashboard.register import listing, walking
from dashboard.register.filters.filter import Filter
from dashboard.register.listing import Address
from dashboard.register.models import TrackedTask
from dashboard.register.search import predicate, stretches
from tests.factories import TrackedTaskFactory
from tests.register.one_set import naive, walked
from tests.register.test_one_predicate import undone

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)
DAYS = (moments.LAST - BEGIN).days
at_a_border = st.builds(
    lambda day, slot, ticks: (
        min(BEGIN + timedelta(days=day) + slot * timedelta(days=1) / 256, moments.LAST - TICK) + ticks * TICK
    ),
    st.one_of(st.integers(1, DAYS), st.sampled_from([1, 719_162, 719_163, 739_675, DAYS])),
    st.integers(0, 255),
    st.integers(-2, 1),
)
anywhere = st.datetimes(moments.FIRST.replace(tzinfo=None), moments.LAST.replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(at_a_border, anywhere, st.none()), min_size=1, max_size=20))
def test_databases_put_each_task_where_python_does(times: list[datetime | None]) -> None:
    """PostgreSQL put the last microsecond of each slot into the next, and with it the end of each day."""
    with undone():
        TrackedTask.objects.bulk_create(
            [
                TrackedTaskFactory.build(created_at=moment, prompt=prompt)
                for moment in [moments.FIRST, moments.LAST, *times]
                for prompt in ("a fox", "狐")
            ]
        )
        prompt_reading.keep_up()
        wanted = {pk: slot_of(moment, pk) for pk, moment in TrackedTask.objects.values_list("pk", "created_at")}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT rowid, slot FROM {prompt_reading.TABLE}")
            assert dict(cursor.fetchall()) == wanted


def in_order(tasks: list[TrackedTask], *, falling: bool) -> list[int]:
    """As plain Python has them: by time and number, and those of unknown time at the end."""
    known = sorted((task.created_at, task.pk) for task in tasks if task.created_at)
    unknown = sorted(task.pk for task in tasks if not task.created_at)
    step = -1 if falling else 1
    return [*(pk for _, pk in known[::step]), *unknown[::step]]


@st.composite
def registers(draw: st.DrawFn) -> list[TrackedTask]:
    """Times at borders and equal ones, numbers of several slots, ids that begin like the word."""
    moments_of_some = draw(st.lists(at_a_border, min_size=1, max_size=4))
    moment = st.one_of(st.none(), st.sampled_from(moments_of_some), at_a_border, anywhere)
    number, tasks = draw(st.integers(1, 3000)), []
    for _ in range(draw(st.integers(1, 25))):
        number += draw(st.sampled_from([1, 1, 1000, 1024, 2048]))
        kind = draw(st.sampled_from(["image", "video"]))
        tasks.append(
            TrackedTaskFactory.build(
                pk=number,
                task_id=f"{draw(st.sampled_from(['fox', 'task']))}_{number}",
                created_at=draw(moment),
                prompt=draw(st.sampled_from(["a fox", "an owl", "a fox 狐"])),
                kind=kind,
            )
        )
    return tasks


ends = st.one_of(st.none(), at_a_border)
filters = st.builds(
    Filter,
    q=st.sampled_from(["fox", "狐", "fox -owl", "-owl"]),
    kind=st.sampled_from(["", "image"]),
    created_after=ends,
    created_before=ends,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    register=registers(),
    filter=filters,
    most=st.integers(1, 4),
    few=st.sampled_from([0, 3]),
    size=st.integers(1, 4),
    caps=st.fixed_dictionaries(
        {
            "LOOKED_AT": st.sampled_from([1, 2, 5]),
            "LOOKED_AT_AGAIN": st.sampled_from([1, 6, 2000]),
            "SMALL": st.sampled_from([0, 50_000]),
            "READ_WHOLE": st.just(2),
        }
    ),
)
def test_all_pages_are_what_python_finds(
    register: list[TrackedTask], filter: Filter, most: int, few: int, size: int, caps: dict[str, int]
) -> None:
    with undone(), pytest.MonkeyPatch.context() as changed, override_settings(TASKS_PER_PAGE=size):
        changed.setattr(stretches, "MOST", most)
        changed.setattr(proposals, "FEW", few)
        for name, value in caps.items():
            changed.setattr(walking, name, value)
        TrackedTask.objects.all().delete()
        TrackedTask.objects.bulk_create(register)
        wanted = naive(filter)
        for sort in (walking.NEWEST_FIRST, walking.OLDEST_FIRST):
            falling = sort == walking.NEWEST_FIRST
            expected = in_order([task for task in register if task.pk in wanted], falling=falling)
            assert walked(filter, sort, back=False) == expected
            assert walked(filter, sort, back=True) == expected[::-1]


@pytest.fixture
def stretches_alone(monkeypatch) -> None:
    """Neither sorting nor walking spares anybody a look through stretches."""
    monkeypatch.setattr(proposals, "FEW", 0)
    monkeypatch.setattr(walking, "LOOKED_AT", 1)
    monkeypatch.setattr(walking, "LOOKED_AT_AGAIN", 0)


@pytest.fixture
def proposed(monkeypatch) -> list[int]:
    """Numbers of all tasks that were looked at since the index proposed them."""
    numbers: list[int] = []
    in_order = predicate.in_order

    def noted(*args: Any, **named: Any) -> list[tuple[int, int]]:
        rows = in_order(*args, **named)
        numbers.extend(number for _, number in rows)
        return rows

    monkeypatch.setattr(predicate, "in_order", noted)
    return numbers


@pytest.mark.parametrize("sort", [walking.NEWEST_FIRST, walking.OLDEST_FIRST])
def test_no_task_is_proposed_for_a_time_and_for_none(sort: str, stretches_alone: None, proposed: list[int]) -> None:
    """Behind the last task of one segment, all of the other's were looked at as well."""
    for number in range(20):
        TrackedTaskFactory(prompt="a fox", kind="image", created_at=None if number % 4 else moments.FIRST)
    TrackedTaskFactory(prompt="a fox", kind="video")
    TrackedTaskFactory(prompt="a fox", kind="video", created_at=None)
    assert len(listing.page(Address(filter=Filter(q="fox", kind="video"), sort=sort)).rows) == 2
    assert len(proposed) == len(set(proposed))


def test_where_few_tasks_fit_those_are_read(stretches_alone: None, proposed: list[int], settings) -> None:
    """Of a common word all proposals were looked at, and the filter left five tasks."""
    settings.TASKS_PER_PAGE = 5
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    tasks = [
        TrackedTaskFactory.build(
            prompt="a fox" if number != 270 else "an owl",
            kind="image" if number % 60 != 30 else "video",
            created_at=begin + timedelta(hours=number),
        )
        for number in range(300)
    ]
    TrackedTask.objects.bulk_create(tasks)
    rows = listing.page(Address(filter=Filter(q="fox", kind="video"))).rows
    assert [row.pk for row in rows] == [tasks[number].pk for number in (210, 150, 90, 30)]
    assert len(proposed) < 100


def test_a_crowded_slot_is_asked_in_one_parameter(stretches_alone: None, settings) -> None:
    """SQLite takes 32,766, and a day may hold more proposals."""
    settings.TASKS_PER_PAGE = 5
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(150, prompt="a fox", created_at=moment))
    prompt_reading.keep_up()
    with few_parameters():
        rows = listing.page(Address(filter=Filter(q="fox"))).rows
    assert [row.pk for row in rows] == sorted(TrackedTask.objects.values_list("pk", flat=True))[:-6:-1]


@contextmanager
def few_parameters() -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    before = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 100)
    try:
        yield
    finally:
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)


def test_the_last_moment_of_a_day_is_found(stretches_alone: None) -> None:
    """PostgreSQL had it in a slot behind the one that was looked at."""
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    for moment in (midnight, midnight - TICK):
        TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(3, prompt="a fox", created_at=moment))
    for sort in (walking.NEWEST_FIRST, walking.OLDEST_FIRST):
        assert len(walked(Filter(q="fox", created_before=midnight - TICK), sort, back=False)) == 3


@pytest.mark.parametrize("sort", ["-created", "created"])
def test_a_slot_that_is_read_in_part_is_read_again(monkeypatch, settings, sort: str) -> None:
    """Two a day have the word, behind some that have not: so the first stretch is all that is left."""
    for name, value in (("SMALL", 0), ("LOOKED_AT", 2), ("LOOKED_AT_AGAIN", 0)):
        monkeypatch.setattr(walking, name, value)
    monkeypatch.setattr(proposals, "FEW", 0)
    monkeypatch.setattr(stretches, "MOST", 1)
    settings.TASKS_PER_PAGE = 2
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for day in (-9, -8, 9, 10):
        TrackedTaskFactory(prompt="an owl", created_at=noon + timedelta(days=day))
    found = [
        TrackedTaskFactory(prompt="a fox", created_at=noon + timedelta(days=day, seconds=second)).pk
        for day in range(5)
        for second in range(2)
    ]
    # One whose id begins so is found as well, wherever it lies.
    found.insert(4, TrackedTaskFactory(task_id="fox_1", prompt="an owl", created_at=noon + timedelta(days=1.5)).pk)
    assert walked(Filter(q="fox"), sort, back=False) == (found if sort == "created" else found[::-1])
    assert walked(Filter(q="fox"), sort, back=True) == (found[::-1] if sort == "created" else found)
