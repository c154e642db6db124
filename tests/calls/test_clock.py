from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.calls import clock


@pytest.mark.postgres
def test_the_databases_clock_is_carried_on_and_never_early(db, monkeypatch) -> None:
    monkeypatch.setattr(clock, "LOOKED_AT_EVERY", 60.0)
    monkeypatch.setattr(clock._last, "at", float("-inf"))
    with CaptureQueriesContext(connection) as asked:
        first, second = clock.now(), clock.now()
    assert len(asked) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        assert first < second <= cursor.fetchone()[0]


@pytest.mark.postgres
def test_an_answer_that_is_long_under_way_does_not_put_it_back(db) -> None:
    """A call that left after an answer had come would seem to have left before it."""

    def slow(execute, *asked):
        answer = execute(*asked)
        time.sleep(0.05)
        return answer

    first = clock.now()
    with connection.execute_wrapper(slow):
        second = clock.now()
    assert second >= first + timedelta(seconds=0.05)


@pytest.mark.postgres
def test_a_clock_that_is_put_back_is_followed(db) -> None:
    ahead = clock.now() + timedelta(hours=1)
    clock._last.there += timedelta(hours=1)
    assert clock.now() < ahead
