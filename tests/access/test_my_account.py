"""My account: one's own password and sessions. The time zone is in `test_account.py`."""

from __future__ import annotations

import pytest

from dashboard.access import throttle
from dashboard.access.models import OpenSession
from dashboard.audit.models import AuditEvent
from tests.access.people.test_joining import words
from tests.conftest import Person
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NEW = "a lamp post at noon"
CHANGE = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def browsers() -> list[Person]:
    """Three of mara's."""
    UserFactory(username="mara", role="viewer")
    found = [Person() for _ in range(3)]
    for person in found:
        assert person.post("/login/", {"username": "mara", "password": PASSWORD}).status_code == 302
    return found


def are_signed_in(browsers: list[Person]) -> list[bool]:
    return [person.get("/tasks/").status_code == 200 for person in browsers]


def key(person: Person) -> str:
    """As the page has it."""
    page = person.get("/account/").content.decode()
    before = page[: page.index("this one")] if "this one" in page else page
    after = page[len(before) :]
    return after.split('name="session"')[1].split('value="')[1].split('"')[0]


def test_a_new_password_ends_every_other_session(browsers: list[Person]) -> None:
    response = browsers[0].post("/account/password/", CHANGE, follow=True)
    assert "The password is changed. Every other session has ended." in words(response)
    assert are_signed_in(browsers) == [True, False, False]
    assert OpenSession.objects.count() == 1
    event = AuditEvent.objects.get(action="user.password_changed")
    assert (event.actor, event.subject, event.address, event.detail) == ("mara", "mara", "127.0.0.1", {"sessions": 2})
    assert NEW not in str([row.detail for row in AuditEvent.objects.all()])
    assert Person().post("/login/", {"username": "mara", "password": NEW}).status_code == 302


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"old_password": "wrong"}, "This is not the current password. Nothing was changed."),
        ({"old_password": ""}, "This field is required."),
        ({"new_password2": "something else"}, "match"),
        ({"new_password1": "12345678", "new_password2": "12345678"}, "too common"),
    ],
)
def test_a_wrong_or_weak_password_changes_nothing(browsers: list[Person], fields: dict, sentence: str) -> None:
    response = browsers[0].post("/account/password/", CHANGE | fields)
    assert response.status_code == 422
    assert sentence in words(response)
    assert are_signed_in(browsers) == [True, True, True]
    assert not AuditEvent.objects.filter(action="user.password_changed").exists()


def test_guesses_of_the_current_password_are_limited(browsers: list[Person], monkeypatch) -> None:
    monkeypatch.setattr(throttle, "PER_NAME", 2)
    for _ in range(2):
        assert browsers[0].post("/account/password/", CHANGE | {"old_password": "wrong"}).status_code == 422
    response = browsers[0].post("/account/password/", CHANGE)
    assert response.status_code == 429
    assert throttle.TOO_MANY in words(response)


def test_who_has_no_password_here_is_told_so() -> None:
    person = UserFactory(username="mara", role="viewer")
    person.set_unusable_password()
    person.save()
    assert "This account has no password here: you sign in elsewhere." in words(
        Person.signed_in(person).get("/account/")
    )


def test_the_page_lists_ones_own_sessions(browsers: list[Person]) -> None:
    page = words(browsers[0].get("/account/"))
    assert page.count("End this session") == 3
    assert page.count("this one") == 1
    assert '<caption class="visually-hidden">Sessions</caption>' in page


def test_one_is_ended(browsers: list[Person]) -> None:
    response = browsers[0].post("/account/sessions/", {"session": key(browsers[1])}, follow=True)
    assert "1 session ended." in words(response)
    assert are_signed_in(browsers) == [True, False, True]
    event = AuditEvent.objects.get(action="user.sessions_ended")
    assert (event.actor, event.subject, event.detail) == ("mara", "mara", {"sessions": 1})


def test_all_others_are_ended(browsers: list[Person]) -> None:
    response = browsers[0].post("/account/sessions/", {"others": "yes"}, follow=True)
    assert "2 sessions ended." in words(response)
    assert are_signed_in(browsers) == [True, False, False]


def test_ending_this_one_leads_to_the_sign_in(browsers: list[Person]) -> None:
    response = browsers[0].post("/account/sessions/", {"session": key(browsers[0])})
    assert response.headers["Location"] == "/login/"
    assert are_signed_in(browsers) == [False, True, True]


@pytest.mark.once
def test_nobody_ends_a_session_of_somebody_else(browsers: list[Person]) -> None:
    victor = Person()
    UserFactory(username="victor", role="viewer")
    victor.post("/login/", {"username": "victor", "password": PASSWORD})
    for wrong in (key(browsers[0]), "unknown", ""):
        response = victor.post("/account/sessions/", {"session": wrong})
        assert response.status_code == 422
        assert "This session has ended already, or is none of yours." in words(response)
    victor.post("/account/sessions/", {"others": "yes"})
    assert are_signed_in([*browsers, victor]) == [True, True, True, True]


def test_the_hash_on_the_page_signs_nobody_in(browsers: list[Person]) -> None:
    thief = Person()
    thief.cookies["sessionid"] = key(browsers[0])
    assert thief.get("/tasks/").status_code == 302
