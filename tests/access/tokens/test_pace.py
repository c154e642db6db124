"""How many calls a token has in a minute, over several processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.access.models import Token
from dashboard.access.tokens import pace
from tests.api.program import Program, problem, told
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, 0, 15, tzinfo=UTC)


@pytest.fixture
def token() -> Token:
    return Program(UserFactory(username="olga", role="operator")).row


def taken(token: Token, times: int, *, now: datetime = NOON) -> list[tuple[bool, int]]:
    found = [pace.take(token, now=now) for _ in range(times)]
    return [(one.allowed, one.remaining) for one in found]


def test_what_is_left_counts_down_and_begins_anew(token: Token, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 3
    assert taken(token, 4) == [(True, 2), (True, 1), (True, 0), (False, 0)]
    refused = pace.take(token, now=NOON)
    assert refused.headers == {
        "RateLimit-Limit": "3",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "45",
        "Retry-After": "45",
    }
    assert taken(token, 1, now=NOON + timedelta(seconds=45)) == [(True, 2)]


def test_processes_share_the_limit(token: Token, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 600
    processes: list[dict[int, Any]] = [{}, {}]
    allowed = 0
    for call in range(700):
        # What a process holds is its own.
        pace._held.clear()
        pace._held.update(processes[call % 2])
        allowed += pace.take(token, now=NOON).allowed
        processes[call % 2] = dict(pace._held)
    assert allowed == 600


def test_most_calls_write_nothing(token: Token, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 600
    with CaptureQueriesContext(
        connection,
    ) as queries:
        taken(token, 100)
    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == 10


def test_calls_that_are_refused_write_nothing(token: Token, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    taken(token, 2)
    with CaptureQueriesContext(connection) as queries:
        assert taken(token, 50)[-1] == (False, 0)
    assert not queries.captured_queries
    assert taken(token, 1, now=NOON + timedelta(minutes=1)) == [(True, 1)]


def test_a_clock_that_is_put_back_starves_nobody(token: Token, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    assert taken(token, 3, now=NOON + timedelta(hours=5))[-1] == (False, 0)
    assert taken(token, 1) == [(True, 1)]


def test_read_only_counts_and_writes_nothing(token: Token, settings: Any) -> None:
    settings.READ_ONLY, settings.API_CALLS_PER_MINUTE = True, 2
    assert taken(token, 3) == [(True, 1), (True, 0), (False, 0)]
    assert Token.objects.get().used_at is None


def test_a_call_too_many_is_a_problem_and_every_answer_tells_what_is_left(settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    program = Program(UserFactory(username="olga", role="viewer"))
    answers = [program.get("/tasks/") for _ in range(3)]
    # A new minute may begin between two of them: then all are answered.
    assert [answer.headers["RateLimit-Limit"] for answer in answers] == ["2", "2", "2"]
    settings.API_CALLS_PER_MINUTE = 1
    pace.forget()
    Token.objects.update(minute=0, calls=0)
    last = [program.get("/tasks/") for _ in range(3)][-1]
    found = problem(last, 429, "too-many")
    assert last.headers["Retry-After"] == last.headers["RateLimit-Reset"]
    assert "which is the limit" in found["detail"]
    assert told(Program(program.user, name="Other").get("/tasks/"), 200)["tasks"] == []
