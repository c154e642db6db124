from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.urls import reverse

from dashboard.pages import bodies
from tests.conftest import Person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def cookies(person: Person) -> str:
    """The header that its browser sends."""
    return SimpleCookie({name: morsel.value for name, morsel in person.cookies.items()}).output(header="", sep=";")


def most(person: Person, path: str = "/tasks/import/") -> int:
    return bodies.most(path, cookies(person))


def test_who_was_shown_the_import_page_may_send_a_file_there_and_nowhere_else(operator) -> None:
    assert most(operator) == bodies.USUAL
    operator.get(reverse("task-import"))
    assert most(operator) == bodies.LARGEST
    assert most(operator, "/login/") == most(operator, "/tasks/") == bodies.USUAL


def test_a_pass_is_good_for_its_own_session_alone(operator, stranger) -> None:
    operator.get(reverse("task-import"))
    stranger.cookies[bodies.PASS] = operator.cookies[bodies.PASS].value
    assert most(stranger) == bodies.USUAL
    operator.cookies["sessionid"] = "another"
    assert most(operator) == bodies.USUAL


def test_nobody_else_gets_a_pass(viewer, stranger) -> None:
    for person in (viewer, stranger):
        person.get(reverse("task-import"))
        assert bodies.PASS not in person.cookies


def test_a_pass_ends(operator, monkeypatch) -> None:
    operator.get(reverse("task-import"))
    monkeypatch.setattr(bodies, "PASS_LASTS", timedelta(seconds=-1))
    assert most(operator) == bodies.USUAL


@pytest.mark.parametrize("header", ["", "import_pass=forged; sessionid=x", "\0;=;,", "a" * 10_000])
def test_cookies_that_make_no_sense_are_no_pass(header: str) -> None:
    assert bodies.most("/tasks/import/", header) == bodies.USUAL


def test_a_form_that_comes_back_is_never_a_flood(stranger) -> None:
    quotes = "'" * (bodies.USUAL - 1000)
    response = stranger.post("/login/", {"username": quotes, "password": "x"})
    assert response.status_code == 422
    assert 6 * len(quotes) < len(response.content) < bodies.MEGABYTE


@pytest.mark.parametrize("path", ["/login/", "/tasks/", "/deletions/draft/", "/nowhere/"])
def test_a_body_that_is_too_long_is_refused_before_it_is_read(operator, path: str) -> None:
    response = operator.generic("POST", path, b"x" * (bodies.USUAL + 1), "application/x-www-form-urlencoded")
    assert response.status_code == 413
    assert "larger than the server accepts" in response.content.decode()
    assert response.headers["Content-Security-Policy"]
