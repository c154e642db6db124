from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dashboard.access import throttle
from dashboard.access.signing_in import fresh
from dashboard.access.signing_in.confirming import NOTHING, WRONG_PASSWORD
from dashboard.access.signing_in.proving import WRONG_CODE
from tests.access.signing_in.people import PASSWORD, code, give_app, last, said, sign_in
from tests.conftest import Person
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CONFIRM = "/account/confirm/"
GUARDED = "/account/second-factor/codes/"
"""Refuses with 409, until it is asked by somebody who has just shown that it is them."""


@pytest.fixture
def person(olga: User, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Who signed in a while ago."""
    person = sign_in()
    now = fresh.time.time() + fresh.FOR + 1
    monkeypatch.setattr(fresh.time, "time", lambda: now)
    return person


def is_fresh(person: Person) -> bool:
    return person.post(GUARDED).status_code != 302


def test_a_sign_in_is_fresh_for_five_minutes(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    person, now = sign_in(), fresh.time.time()
    for passed, expected in ((fresh.FOR - 5, True), (fresh.FOR + 1, False)):
        monkeypatch.setattr(fresh.time, "time", lambda passed=passed: now + passed)
        assert is_fresh(person) == expected


def test_a_password_confirms_and_leads_on(person: Person) -> None:
    assert not is_fresh(person)
    page = person.get(f"{CONFIRM}?next=/audit/").content.decode()
    assert ">Password</label>" in page
    assert "Or a code" not in page
    key = person.cookies["sessionid"].value
    response = person.post(CONFIRM, {"password": PASSWORD, "next": "/audit/"})
    assert response.headers["Location"] == "/audit/"
    assert person.cookies["sessionid"].value != key
    assert last()[:3] == ("user.confirmed", "olga", "olga")
    assert is_fresh(person)


def test_a_second_factor_confirms(person: Person, olga: User) -> None:
    codes = give_app(olga)
    assert "Or a code" in person.get(CONFIRM).content.decode()
    assert person.post(CONFIRM, {"code": code()}).headers["Location"] == "/account/"
    assert person.post(GUARDED).status_code == 200
    assert codes


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({}, NOTHING), ({"password": "guess"}, WRONG_PASSWORD), ({"code": "000000"}, WRONG_CODE)],
)
def test_what_is_wrong_confirms_nothing(person: Person, fields: dict[str, str], sentence: str) -> None:
    response = person.post(CONFIRM, fields)
    assert (response.status_code, said(response)) == (422, sentence)
    assert not is_fresh(person)


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_it_leads_on_to_pages_of_ours_alone(person: Person, elsewhere: str) -> None:
    assert person.post(CONFIRM, {"password": PASSWORD, "next": elsewhere}).headers["Location"] == "/account/"


def test_the_password_is_guessed_no_more_often_than_at_the_sign_in(person: Person) -> None:
    for _ in range(throttle.PER_NAME):
        assert person.post(CONFIRM, {"password": "guess"}).status_code == 422
    assert person.post(CONFIRM, {"password": PASSWORD}).status_code == 429


def test_it_needs_a_sign_in(stranger: Person) -> None:
    assert stranger.get(CONFIRM).headers["Location"].startswith("/login/")
    assert stranger.post(CONFIRM, {"password": PASSWORD}).headers["Location"].startswith("/login/")


def test_who_has_nothing_to_show_is_told_what_to_do(db: None) -> None:
    user = UserFactory(username="oscar")
    user.set_unusable_password()
    user.save()
    oscar = Person.signed_in(user)
    assert "no password and no second factor" in " ".join(oscar.get(CONFIRM).content.decode().split())
    assert oscar.post("/account/second-factor/app/").status_code == 200
