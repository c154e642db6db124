"""Who a call is from, and what is refused before any view."""

from __future__ import annotations

import logging
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.access.models import OpenSession, Token
from dashboard.access.roles import give
from dashboard.register.models import TrackedTask
from tests.api.program import ALL, Program, problem, told
from tests.conftest import Person
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db
BODY = {"tasks": [{"kind": "image", "task_id": "a"}]}
ROWS = ("/tasks/", "/tasks/image/a/", "/deletions/")


def bearer(text: str, path: str = "/api/tasks/") -> Any:
    return Client(headers={"Authorization": text}).get(path)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic b2xnYTpzZWNyZXQ=", "Token tlt_x"])
@pytest.mark.once
def test_without_a_token_nothing_is_said(header: str) -> None:
    answer = bearer(header)
    problem(answer, 401, "token-missing")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="TensorsLab tasks"'


@pytest.mark.once
@pytest.mark.parametrize("text", ["x", "tlt_" + "a" * 51, "tlt_\x7f", "é", "x" * 8000])
def test_an_unknown_token_is_refused(text: str) -> None:
    answer = bearer(f"Bearer {text}")
    problem(answer, 401, "token-unknown")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_cookies_authorise_nothing_and_keep_no_session_alive(operator: Person) -> None:
    before = list(OpenSession.objects.values())
    problem(operator.get("/api/tasks/"), 401, "token-missing")
    problem(operator.post("/api/tasks/", BODY, content_type="application/json"), 401, "token-missing")
    assert list(OpenSession.objects.values()) == before
    assert not TrackedTask.objects.exists()


@pytest.mark.once
def test_a_call_without_a_token_is_nobodys_whatever_its_cookies(
    operator: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dashboard.access")
    assert operator.get("/api/openapi.json").status_code == 200
    operator.get("/api/nowhere/")
    assert [record.getMessage().split()[1] for record in caplog.records if record.name == "dashboard.access"] == [
        "-"
    ] * 2


def test_a_call_needs_no_token_against_forgery_and_sets_no_cookie(program: Program) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {program.token}"})
    answer = strict.post("/api/tasks/", BODY, content_type="application/json")
    assert told(answer, 200)["added"] == 1
    assert answer.cookies == {}


@pytest.mark.parametrize("name", ["token", "access_token", "q"])
@pytest.mark.once
def test_a_token_in_the_address_is_refused_even_beside_one_in_the_header(program: Program, name: str) -> None:
    answer = program.get("/tasks/", **{name: program.token})
    found = problem(answer, 400, "token-in-address")
    assert "logs and histories keep it" in found["detail"]
    assert program.token not in answer.content.decode()
    problem(Client().get("/api/tasks/", {name: program.token}), 400, "token-in-address")


def test_an_expired_token_is_told_so_at_that_moment(program: Program) -> None:
    now = timezone.now()
    Token.objects.update(expires_at=now + timedelta(minutes=1))
    told(program.get("/tasks/"), 200)
    Token.objects.update(expires_at=now - timedelta(seconds=1))
    assert "This token expired at" in problem(program.get("/tasks/"), 401, "token-expired")["detail"]


def test_a_token_of_a_clock_that_was_ahead_works_at_once() -> None:
    ahead = Program(UserFactory(role="viewer"), now=timezone.now() + timedelta(hours=3))
    told(ahead.get("/tasks/"), 200)
    behind = Program(UserFactory(role="viewer"), days=1, now=timezone.now() - timedelta(hours=3))
    told(behind.get("/tasks/"), 200)


@pytest.mark.once
@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["read"], {"GET /tasks/", "GET /deletions/"}),
        (["ingest"], {"POST /tasks/"}),
        (["delete"], {"POST /deletions/", "GET /deletions/"}),
        (ALL, {"GET /tasks/", "GET /deletions/", "POST /tasks/", "POST /deletions/"}),
    ],
    ids=["read", "ingest", "delete", "all"],
)
def test_a_scope_opens_what_it_names_and_nothing_else(scopes: list[str], allowed: set[str]) -> None:
    TrackedTaskFactory(status="failed")
    program = Program(UserFactory(role="operator"), *scopes)
    drafted = {"filter": "status=failed", "reason": "R"}
    answers = {
        "GET /tasks/": program.get("/tasks/"),
        "GET /deletions/": program.get("/deletions/"),
        "POST /tasks/": program.post("/tasks/", BODY),
        "POST /deletions/": program.post("/deletions/", drafted),
    }
    for refused in {*answers} - allowed:
        found = problem(answers[refused], 403, "scope-missing")
        assert "the token has " in found["detail"]
        assert "insufficient_scope" in answers[refused].headers["WWW-Authenticate"]
    assert {name for name, answer in answers.items() if answer.status_code < 300} == allowed


def test_a_token_may_do_what_its_person_may_do_now(program: Program) -> None:
    assert told(program.post("/tasks/", BODY), 200)["added"] == 1
    give(User.objects.get(username="olga"), "viewer")
    problem(program.post("/tasks/", BODY), 403, "not-allowed")
    problem(program.post("/deletions/", {"filter": "q=a", "reason": "R"}), 403, "not-allowed")
    assert len(told(program.get("/tasks/"), 200)["tasks"]) == 1
    User.objects.get(username="olga").groups.clear()
    for row in ROWS:
        problem(program.get(row), 403, "not-allowed")


@pytest.mark.once
def test_who_needs_a_second_factor_and_has_none_asks_nothing(program: Program, settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = ("operator",)
    assert "needs a second factor" in problem(program.get("/tasks/"), 403, "not-allowed")["detail"]


@pytest.mark.once
def test_read_only_lets_programs_read(program: Program, settings: Any) -> None:
    settings.READ_ONLY = True
    assert "read-only" in problem(program.post("/tasks/", BODY), 403, "not-allowed")["detail"]
    told(program.get("/tasks/"), 200)
    assert Token.objects.get().used_at is None


@pytest.mark.once
def test_a_proxys_word_is_not_taken_for_a_token(settings: Any) -> None:
    UserFactory(username="mara", role="operator")
    settings.REMOTE_USER_HEADER, settings.TRUSTED_PROXIES = "HTTP_X_REMOTE_USER", [ip_network("127.0.0.1/32")]
    answer = Client(headers={"X-Remote-User": "mara"}).get("/api/tasks/")
    problem(answer, 401, "token-missing")
    assert answer.cookies == {}


@pytest.mark.once
def test_pages_look_at_no_token(program: Program) -> None:
    assert program.client.get("/tasks/").headers["Location"].startswith("/login/")
    assert program.client.get("/api/").headers["Location"].startswith("/login/")


@pytest.mark.once
@pytest.mark.parametrize(("given", "is_kept"), [("trace-17", True), ("a b", False), ("x" * 65, False), ("é", False)])
def test_every_call_has_a_number_which_stands_in_the_log(
    program: Program, caplog: pytest.LogCaptureFixture, given: str, is_kept: bool
) -> None:
    caplog.set_level(logging.INFO, "dashboard.access")
    answer = program.client.get("/api/tasks/", headers={"X-Request-ID": given})
    number = answer.headers["X-Request-ID"]
    assert (number == given) == is_kept
    assert "olga GET '/api/tasks/' 200" in caplog.text
    assert caplog.text.rstrip().endswith(number)
    assert program.token not in caplog.text
