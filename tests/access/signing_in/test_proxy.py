from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.contrib.auth.models import User

from tests.access.signing_in.people import actions, code, give_app, is_signed_in, last, said, sign_in
from tests.conftest import Person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings, olga: User) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1/32")]
    settings.REMOTE_USER_HEADER = "HTTP_X_REMOTE_USER"


def behind(name: str, **environ: str) -> Person:
    return Person(headers={"X-Remote-User": name}, **environ)


def test_whom_the_proxy_names_is_in(olga: User) -> None:
    person = behind("olga")
    assert person.get("/tasks/").status_code == 200
    assert last() == ("user.signed_in", "olga", "olga", {"by": ["proxy"]})
    assert person.get("/deletions/").status_code == 200
    assert actions() == ["user.signed_in"]


def test_from_anywhere_else_the_header_is_ignored(settings) -> None:
    elsewhere = behind("olga", REMOTE_ADDR="192.0.2.7")
    assert elsewhere.get("/tasks/").headers["Location"].startswith("/login/")
    settings.TRUSTED_PROXIES = []
    assert behind("olga").get("/tasks/").status_code == 302
    # A proxy that was passed on the way is not the one that speaks to us.
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.1")]
    assert behind("olga", HTTP_X_FORWARDED_FOR="10.0.0.1").get("/tasks/").status_code == 302
    assert actions() == []


def test_without_the_variable_the_header_is_ignored(settings) -> None:
    settings.REMOTE_USER_HEADER = ""
    assert behind("olga").get("/tasks/").status_code == 302


@pytest.mark.parametrize("name", ["nobody", "Olga", "olga ", "<b>olga</b>"])
def test_who_has_no_account_is_told_so(name: str) -> None:
    response = behind(name).get("/tasks/")
    assert (response.status_code, "No account here has that name." in said(response)) == (403, True)
    assert "<b>olga</b>" not in response.content.decode()
    assert User.objects.count() == 1


def test_a_closed_account_stays_out(olga: User) -> None:
    User.objects.update(is_active=False)
    assert behind("olga").get("/tasks/").status_code == 403


def test_whom_it_names_no_longer_is_signed_out(viewer: Person) -> None:
    person = behind("olga")
    person.get("/tasks/")
    without = Person()
    without.cookies = person.cookies
    assert without.get("/tasks/").status_code == 302
    person = behind("olga")
    person.get("/tasks/")
    other = behind("victor")
    other.cookies = person.cookies
    assert "victor" in other.get("/account/").content.decode()
    assert actions()[-2:] == ["user.signed_out", "user.signed_in"]


def test_who_gave_a_password_stays_signed_in(olga: User) -> None:
    person = sign_in()
    assert is_signed_in(person)


def test_a_second_factor_is_asked_for_all_the_same(olga: User) -> None:
    give_app(olga)
    person = behind("olga")
    assert person.get("/audit/").headers["Location"] == "/login/second-factor/"
    assert person.get("/login/second-factor/").status_code == 200
    assert person.post("/login/second-factor/", {"code": code()}).headers["Location"] == "/audit/"
    assert person.get("/audit/").status_code == 200


def test_its_word_does_not_show_that_the_person_is_there(olga: User) -> None:
    person = behind("olga")
    person.get("/tasks/")
    assert person.post("/account/second-factor/codes/").headers["Location"].startswith("/account/confirm/")


def test_probes_are_asked_by_nobody() -> None:
    assert behind("nobody").get("/healthz").status_code == 200
