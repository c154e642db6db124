from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone

from dashboard.access import throttle
from dashboard.access.models import SignInAttempt
from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from tests.conftest import Person

PASSWORD = "correct horse battery"
WRONG = "No account has this username and password. Upper and lower case count in both."
THROTTLED = "Too many sign-ins failed. Wait 15 minutes, then try again."


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_user("olga", password=PASSWORD)


def sign_in(person: Person, username: str = "olga", password: str = PASSWORD, **fields: str) -> HttpResponse:
    return person.post("/login/", {"username": username, "password": password, **fields})


def events() -> list[tuple[str, str, str, str]]:
    return list(AuditEvent.objects.order_by("sequence").values_list("action", "actor", "subject", "address"))


def is_signed_in(person: Person) -> bool:
    return "_auth_user_id" in person.session


def test_the_page_has_the_fields_it_promises(stranger: Person) -> None:
    page = stranger.get("/login/?next=/audit/").content.decode()

    assert ">Username</label>" in page
    assert ">Password</label>" in page
    assert "Sign in</button>" in page
    assert '<input type="hidden" name="next" value="/audit/">' in page


def test_it_opens_the_register(stranger: Person, olga: User) -> None:
    response = sign_in(stranger)

    assert response.headers["Location"] == "/tasks/"
    assert is_signed_in(stranger)
    assert events() == [("user.signed_in", "olga", "olga", "127.0.0.1")]
    assert chain.verify() is None


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/audit/?actor=olga", "/audit/?actor=olga"),
        ("http://testserver/audit/", "http://testserver/audit/"),
        ("https://elsewhere.example/", "/tasks/"),
        ("//elsewhere.example/", "/tasks/"),
        ("javascript:alert(1)", "/tasks/"),
        ("/login/?next=/login/", "/tasks/"),
        ("/logout/", "/tasks/"),
        ("", "/tasks/"),
    ],
)
def test_it_leads_on_to_pages_of_ours_alone(stranger: Person, olga: User, wanted: str, location: str) -> None:
    assert sign_in(stranger, next=wanted).headers["Location"] == location


def test_whoever_is_signed_in_is_led_on(viewer: Person) -> None:
    assert viewer.get("/login/?next=/audit/").headers["Location"] == "/audit/"
    assert viewer.get("/login/?next=/login/").headers["Location"] == "/tasks/"
    assert viewer.get("/login/?next=foo").headers["Location"] == "/tasks/"


def test_an_entry_of_the_administration_leads_nowhere_else(administrator: Person) -> None:
    assert administrator.get("/admin/r/1/1/").status_code == 404


def test_a_new_session_replaces_the_one_before_the_sign_in(stranger: Person, olga: User) -> None:
    session = stranger.session
    session["planted"] = True
    session.save()

    sign_in(stranger)

    assert stranger.session.session_key != session.session_key


@pytest.mark.parametrize(("username", "password"), [("olga", "guess"), ("Olga", PASSWORD), ("nobody", "guess")])
def test_a_wrong_guess_is_told_and_recorded(stranger: Person, olga: User, username: str, password: str) -> None:
    response = sign_in(stranger, username, password, next="/audit/")

    assert response.status_code == 422
    assert WRONG in response.content.decode()
    assert '<input type="hidden" name="next" value="/audit/">' in response.content.decode()
    assert not is_signed_in(stranger)
    # People type passwords there, and the log is kept for ever.
    known = "olga" if username == "olga" else ""
    assert events() == [("user.sign_in_failed", "", known, "127.0.0.1")]
    assert not SignInAttempt.objects.filter(name__contains=username).exists()


def test_a_closed_account_stays_out(stranger: Person, olga: User) -> None:
    olga.is_active = False
    olga.save()

    assert sign_in(stranger).status_code == 422
    assert not is_signed_in(stranger)


@pytest.mark.parametrize(
    ("username", "password"), [("", PASSWORD), ("olga", ""), ("o" * 10_000, PASSWORD), ("ol\0ga", PASSWORD)]
)
def test_what_can_be_no_account_is_refused_without_an_entry(
    stranger: Person, olga: User, username: str, password: str
) -> None:
    assert sign_in(stranger, username, password).status_code == 422
    assert events() == []


def test_the_password_is_nowhere_in_the_log(stranger: Person, olga: User) -> None:
    sign_in(stranger, password="a-secret-guess")

    assert "a-secret-guess" not in chain.canonical(chain.as_dict(AuditEvent.objects.get()))


def test_ten_wrong_guesses_close_the_door_even_to_the_right_password(stranger: Person, olga: User) -> None:
    for _ in range(throttle.PER_NAME):
        assert sign_in(stranger, password="guess").status_code == 422

    response = sign_in(stranger)

    assert response.status_code == 429
    assert THROTTLED in response.content.decode()
    assert response.headers["Retry-After"] == "900"
    assert not is_signed_in(stranger)
    assert AuditEvent.objects.count() == throttle.PER_NAME


def test_another_name_and_another_address_are_not_kept_out(stranger: Person, olga: User) -> None:
    for _ in range(throttle.PER_NAME):
        sign_in(stranger, "oscar", "guess")
    assert sign_in(stranger, "oscar", "guess").status_code == 429

    assert sign_in(stranger, "nobody", "guess").status_code == 422
    elsewhere = Person(REMOTE_ADDR="10.0.0.7")
    assert sign_in(elsewhere, "oscar", "guess").status_code == 422
    assert sign_in(stranger).status_code == 302


def test_one_address_can_not_try_every_name(stranger: Person, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "PER_NETWORK", 5)
    for number in range(5):
        assert sign_in(stranger, f"name{number}", "guess").status_code == 422

    assert sign_in(stranger).status_code == 429


def test_neighbours_in_an_ipv6_network_count_as_one(stranger: Person, olga: User) -> None:
    for number in range(throttle.PER_NAME):
        assert sign_in(Person(REMOTE_ADDR=f"2001:db8:1:2::{number}"), password="guess").status_code == 422

    assert sign_in(Person(REMOTE_ADDR="2001:db8:1:2:3::1")).status_code == 429
    assert sign_in(Person(REMOTE_ADDR="2001:db8:1:3::1")).status_code == 302


def test_many_addresses_can_not_try_one_name_but_its_owner_gets_in(
    stranger: Person, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PER_NAME_ANYWHERE", 5)
    assert sign_in(Person(REMOTE_ADDR="10.1.0.1")).status_code == 302
    for number in range(5):
        assert sign_in(Person(REMOTE_ADDR=f"10.0.0.{number}"), password="guess").status_code == 422

    assert sign_in(Person(REMOTE_ADDR="10.0.0.99")).status_code == 429
    assert sign_in(Person(REMOTE_ADDR="10.1.0.1")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_are_allowed_try_a_password() -> None:
    start = threading.Barrier(24)

    def attempt(_: int) -> bool:
        start.wait()
        try:
            return throttle.reserve(username="olga", address="10.0.0.7") is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(24) as pool:
        assert sum(pool.map(attempt, range(24))) <= throttle.PER_NAME


def test_the_old_password_is_guessed_no_more_often_than_at_the_sign_in(administrator: Person) -> None:
    guess = {"old_password": "guess", "new_password1": PASSWORD, "new_password2": PASSWORD}
    for _ in range(throttle.PER_NAME):
        assert administrator.post("/admin/password_change/", guess).status_code == 200

    refused = administrator.post("/admin/password_change/", guess)

    assert (refused.status_code, THROTTLED in refused.content.decode()) == (429, True)


def test_attempts_are_forgotten_after_their_time(stranger: Person, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(stranger)
    sign_in(stranger, password="guess")
    later = timezone.now() + timedelta(days=31)
    monkeypatch.setattr(timezone, "now", lambda: later)
    sign_in(stranger, "oscar", "guess")

    assert SignInAttempt.objects.count() == 1


def test_the_door_opens_again_after_a_quarter_of_an_hour(
    stranger: Person, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(throttle.PER_NAME):
        sign_in(stranger, password="guess")
    later = timezone.now() + timedelta(minutes=15, seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)

    assert sign_in(stranger).status_code == 302


def test_signing_out_is_posted_and_recorded(operator: Person) -> None:
    assert operator.get("/logout/").status_code == 405
    assert is_signed_in(operator)

    assert operator.post("/logout/").headers["Location"] == "/login/"

    assert not is_signed_in(operator)
    assert events() == [("user.signed_out", "olga", "olga", "127.0.0.1")]


def test_signing_out_twice_is_one_event(operator: Person) -> None:
    operator.post("/logout/")

    assert operator.post("/logout/").headers["Location"] == "/login/"
    assert len(events()) == 1


@pytest.mark.parametrize("path", ["/login/", "/logout/"])
def test_a_forged_form_does_nothing(operator: Person, path: str) -> None:
    strict = Person(enforce_csrf_checks=True)
    strict.cookies = operator.cookies

    assert strict.post(path, {"username": "olga", "password": PASSWORD}).status_code == 403
    assert is_signed_in(operator)


def test_the_administration_has_no_sign_in_of_its_own(stranger: Person, viewer: Person, administrator: Person) -> None:
    assert stranger.get("/admin/login/?next=/admin/auth/").headers["Location"] == "/login/?next=/admin/auth/"
    assert stranger.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 405
    assert administrator.get("/admin/login/").headers["Location"] == "/admin/"
    refused = viewer.get("/admin/", follow=True)
    assert refused.status_code == 403
    assert "The administration is for accounts marked as staff." in refused.content.decode()
