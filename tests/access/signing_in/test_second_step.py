from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from dashboard.access import throttle
from dashboard.access.signing_in.proving import NOTHING, WRONG_CODE, WRONG_PASSKEY
from tests.access.signing_in.people import actions, code, give_app, is_signed_in, last, said, sign_in
from tests.conftest import Person

pytestmark = pytest.mark.django_db
STEP = "/login/second-factor/"


@pytest.fixture
def codes(olga: User) -> list[str]:
    return give_app(olga)


def test_a_password_alone_lets_nobody_in_who_has_a_second_factor(codes: list[str]) -> None:
    person = Person()
    response = person.post("/login/", {"username": "olga", "password": "correct horse battery"})
    assert response.headers["Location"] == STEP
    assert not is_signed_in(person)
    assert "user.signed_in" not in actions()
    assert ">Code</label>" in person.get(STEP).content.decode()


def test_with_a_code_of_the_app_the_person_is_in_where_they_wanted_to_be(codes: list[str]) -> None:
    person = sign_in(onward="/audit/?actor=olga")
    assert person.post(STEP, {"code": code()}).headers["Location"] == "/audit/?actor=olga"
    assert is_signed_in(person)
    assert last() == ("user.signed_in", "olga", "olga", {"by": ["password", "totp"]})


def test_a_code_is_taken_once(codes: list[str]) -> None:
    shown = code()
    sign_in().post(STEP, {"code": shown})
    other = sign_in()
    response = other.post(STEP, {"code": shown})
    assert (response.status_code, said(response)) == (422, WRONG_CODE)
    assert not is_signed_in(other)
    assert last()[:3] == ("user.second_factor_failed", "", "olga")


def test_a_code_from_before_the_last_one_is_not_taken(codes: list[str]) -> None:
    sign_in().post(STEP, {"code": code(steps=1)})
    other = sign_in()
    assert other.post(STEP, {"code": code()}).status_code == 422


def test_a_recovery_code_lets_in_once(codes: list[str]) -> None:
    sign_in().post(STEP, {"code": f" {codes[3]} "})
    assert last()[3] == {"by": ["password", "recovery_codes"]}
    other = sign_in()
    assert other.post(STEP, {"code": codes[3]}).status_code == 422
    assert other.post(STEP, {"code": codes[4]}).status_code == 302
    assert "8 left" in other.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, NOTHING),
        ({"code": "  "}, NOTHING),
        ({"code": "000 00"}, WRONG_CODE),
        ({"code": "٣" * 6}, WRONG_CODE),
        ({"code": "0" * 50_000}, WRONG_CODE),
        ({"credential": "{"}, WRONG_PASSKEY),
        ({"credential": "[" * 5_000}, WRONG_PASSKEY),
        ({"credential": '{"id": 1, "response": {"clientDataJSON": "a"}}'}, WRONG_PASSKEY),
    ],
)
def test_what_is_no_second_factor_is_refused(codes: list[str], fields: dict[str, str], sentence: str) -> None:
    person = sign_in()
    response = person.post(STEP, fields)
    assert (response.status_code, said(response)) == (422, sentence)
    assert not is_signed_in(person)


def test_codes_are_guessed_a_few_times_only(codes: list[str]) -> None:
    person = sign_in()
    for _ in range(throttle.PER_NAME):
        assert person.post(STEP, {"code": "000000"}).status_code == 422
    refused = person.post(STEP, {"code": code()})
    assert (refused.status_code, throttle.TOO_MANY in refused.content.decode()) == (429, True)
    assert not is_signed_in(person)


def test_many_networks_can_not_guess_what_one_may_not(codes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SECOND_ANYWHERE", 3)
    for number in range(3):
        person = sign_in(client=Person(REMOTE_ADDR=f"10.0.0.{number}"))
        assert person.post(STEP, {"code": "000000"}).status_code == 422
    person = sign_in(client=Person(REMOTE_ADDR="10.0.0.99"))
    assert person.post(STEP, {"code": code()}).status_code == 429


def test_each_step_has_a_session_key_of_its_own(codes: list[str]) -> None:
    person = Person()
    person.post("/login/passkey/options/")
    keys = [person.cookies["sessionid"].value]
    sign_in(client=person)
    keys.append(person.cookies["sessionid"].value)
    person.post(STEP, {"code": code()})
    keys.append(person.cookies["sessionid"].value)
    assert len(set(keys)) == 3
    for key in keys[:2]:
        other = Person()
        other.cookies["sessionid"] = key
        assert not is_signed_in(other)


def test_a_sign_in_that_was_begun_is_not_waited_for_long(codes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    person = sign_in()
    assert person.session.get_expiry_age() <= 600
    person.post(STEP, {"code": code()})
    assert person.session.get_expiry_age() > 86_400


def test_whom_an_administrator_closed_meanwhile_is_not_let_in(codes: list[str], olga: User) -> None:
    person = sign_in()
    User.objects.filter(pk=olga.pk).update(is_active=False)
    response = person.post(STEP, {"code": code()})
    assert (response.status_code, said(response)) == (
        403,
        "This account is closed. An administrator can open it again.",
    )


def test_who_has_not_begun_is_led_to_the_sign_in(codes: list[str], stranger: Person, viewer: Person) -> None:
    for person in (stranger, viewer):
        assert person.get(STEP).headers["Location"] == "/login/"
        assert person.post(STEP, {"code": code()}).headers["Location"] == "/login/"
    assert stranger.put(STEP).status_code == 405


def test_a_forged_form_does_nothing(codes: list[str]) -> None:
    person = sign_in()
    strict = Person(enforce_csrf_checks=True)
    strict.cookies = person.cookies
    assert strict.post(STEP, {"code": code()}).status_code == 403


def test_no_secret_is_in_the_database_as_it_is(codes: list[str], olga: User) -> None:
    stored = str([row.data for row in olga.authenticator_set.all()])
    assert "GEZDGNBV" not in stored
    assert codes[0] not in stored
    with override_settings(SECRET_KEY="another"):
        assert sign_in().post(STEP, {"code": code()}).status_code == 422


@pytest.mark.parametrize("answer", ["", "{", "null", '{"response": {"userHandle": "MQ"}}', '{"response": []}'])
def test_a_passkey_of_nobody_signs_nobody_in(stranger: Person, olga: User, answer: str) -> None:
    stranger.post("/login/passkey/options/")
    response = stranger.post("/login/passkey/", {"credential": answer})
    assert response.status_code == 422
    assert said(response) == "This passkey belongs to no account here. Sign in with your name and password."


def test_passkeys_of_nobody_are_tried_a_few_times_only(stranger: Person) -> None:
    for _ in range(throttle.PER_NAME):
        assert stranger.post("/login/passkey/", {"credential": "{"}).status_code == 422
    assert stranger.post("/login/passkey/", {"credential": "{"}).status_code == 429


@pytest.mark.parametrize("path", ["signup/", "email/", "password/reset/", "reauthenticate/", "2fa/", "login/code/"])
def test_none_of_the_librarys_own_addresses_is_there(viewer: Person, path: str) -> None:
    for place in ("/", "/account/", "/accounts/", "/login/"):
        assert viewer.get(place + path).status_code == 404


def test_a_one_time_link_does_not_stand_in_for_it(codes: list[str], administrator: Person, olga: User) -> None:
    shown = administrator.post(f"/access/{olga.pk}/reset/").content.decode()
    [path] = re.findall(r"http://testserver(/join/[\w-]+/)", shown)[:1]
    person = Person()
    chosen = {"new_password1": "a lamp post at noon", "new_password2": "a lamp post at noon"}
    assert person.post(path, chosen).headers["Location"] == STEP
    assert not is_signed_in(person)
    assert person.post(STEP, {"code": code()}).headers["Location"] == "/tasks/"
    assert last()[3] == {"by": ["link", "totp"]}


def test_while_nothing_may_be_changed_people_sign_in_all_the_same(codes: list[str], settings) -> None:
    settings.READ_ONLY = True
    person = sign_in()
    assert person.post("/login/passkey/options/").status_code == 200
    assert person.post(STEP, {"code": code()}).headers["Location"] == "/tasks/"
    assert person.post("/account/second-factor/codes/").status_code == 403
