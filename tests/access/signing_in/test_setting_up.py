from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.http import HttpResponse

from dashboard.access.signing_in import factors, fresh
from dashboard.access.signing_in.setting_up import NO_NAME, NOT_MADE, NOT_SHOWN
from tests.access.signing_in.people import actions, code, give_app, is_signed_in, last, said, sign_in
from tests.conftest import Person

pytestmark = pytest.mark.django_db
PLACE = "/account/second-factor/"


@pytest.fixture
def person(olga: User) -> Person:
    return sign_in()


def secret_on(response: HttpResponse) -> str:
    [shown] = re.findall(r'<p class="factor-secret" id="secret">(.*?)</p>', response.content.decode(), re.DOTALL)
    return "".join(re.findall(r"<span>(\w+)</span>", shown))


def codes_on(response: HttpResponse) -> list[str]:
    return re.findall(r"<code>(\d{8})</code>", response.content.decode())


def test_an_app_is_set_up_with_the_code_that_it_shows(person: Person, olga: User) -> None:
    page = person.post(f"{PLACE}app/")
    secret = secret_on(page)
    assert "<svg" in page.content.decode()
    shown = code(secret)
    done = person.post(f"{PLACE}app/", {"code": shown})
    assert len(codes_on(done)) == 10
    assert last() == ("user.second_factor_added", "olga", "olga", {"kind": "totp", "codes": 10})
    account = person.get("/account/").content.decode()
    assert "Authenticator app" in account
    assert "10 left" in account
    # What set it up signs nobody in.
    assert sign_in().post("/login/second-factor/", {"code": shown}).status_code == 422
    assert sign_in().post("/login/second-factor/", {"code": code(secret, steps=1)}).status_code == 302


def test_the_secret_stays_the_same_while_wrong_codes_are_typed(person: Person, olga: User) -> None:
    secret = secret_on(person.post(f"{PLACE}app/"))
    wrong = person.post(f"{PLACE}app/", {"code": "000000"})
    assert (wrong.status_code, said(wrong), secret_on(wrong)) == (422, NOT_SHOWN, secret)
    assert not factors.has_one(olga)
    assert secret_on(person.post(f"{PLACE}app/")) != secret


def test_a_second_app_is_refused(person: Person, olga: User) -> None:
    secret = secret_on(person.post(f"{PLACE}app/"))
    give_app(olga)
    assert person.post(f"{PLACE}app/", {"code": code(secret)}).status_code == 409


def test_a_factor_is_removed_and_its_recovery_codes_with_it(person: Person, olga: User) -> None:
    give_app(olga)
    [row, _] = factors.of(olga)
    assert person.post(f"{PLACE}{row.pk}/remove/").headers["Location"] == PLACE
    assert factors.of(olga) == []
    assert last() == ("user.second_factor_removed", "olga", "olga", {"kinds": ["recovery_codes", "totp"]})
    assert person.post(f"{PLACE}{row.pk}/remove/").status_code == 409


def test_nobody_removes_what_is_somebody_elses(person: Person, viewer: Person) -> None:
    give_app(viewer.user)
    [row, _] = factors.of(viewer.user)
    assert person.post(f"{PLACE}{row.pk}/remove/").status_code == 409
    assert factors.has_one(viewer.user)


def test_new_recovery_codes_replace_the_old(person: Person, olga: User) -> None:
    assert person.post(f"{PLACE}codes/").status_code == 409
    old = give_app(olga)
    response = person.post(f"{PLACE}codes/")
    new = codes_on(response)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert f"{new[0]}%0A{new[1]}%0A" in response.content.decode()
    assert last()[0] == "user.recovery_codes_made"
    assert sign_in().post("/login/second-factor/", {"code": old[0]}).status_code == 422
    assert new[0] not in person.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"credential": "{}"}, NO_NAME),
        ({"name": " ", "credential": "{}"}, NO_NAME),
        ({"name": "Lap\0top", "credential": "{}"}, NO_NAME),
        ({"name": "Laptop"}, NOT_MADE),
        ({"name": "Laptop", "credential": "{}"}, NOT_MADE),
        (
            {"name": "Laptop", "credential": '{"id": "a", "rawId": "a", "response": {"attestationObject": "oA"}}'},
            NOT_MADE,
        ),
    ],
)
def test_what_is_no_passkey_is_refused(person: Person, olga: User, fields: dict[str, str], sentence: str) -> None:
    options = person.post(f"{PLACE}passkey/options/").json()["publicKey"]
    assert options["rp"] == {"id": "testserver", "name": "TensorsLab tasks"}
    assert options["user"]["name"] == "olga"
    response = person.post(f"{PLACE}passkey/", fields)
    assert (response.status_code, said(response)) == (422, sentence)
    assert not factors.has_one(olga)


def test_where_browsers_make_no_passkeys_it_is_said(person: Person) -> None:
    assert "Passkeys can&#x27;t be made" not in person.get("/account/").content.decode()
    at_a_number = person.get("/account/", headers={"Host": "127.0.0.1:8000"}).content.decode()
    assert "at an address of numbers" in at_a_number
    assert "Add a passkey" not in at_a_number


@pytest.mark.parametrize("path", ["app/", "passkey/", "passkey/options/", "codes/", "1/remove/"])
def test_a_session_that_was_left_open_changes_none(person: Person, olga: User, path: str, monkeypatch) -> None:
    give_app(olga)
    monkeypatch.setattr(fresh, "FOR", 0)
    before = actions()
    response = person.post(PLACE + path)
    assert response.headers["Location"] == "/account/confirm/?next=%2Faccount%2Fsecond-factor%2F"
    assert actions() == before
    assert person.get(PLACE + path).status_code == 405
    assert Person().post(PLACE + path).headers["Location"].startswith("/login/")
    assert Person().post(PLACE + path, headers={"HX-Request": "true"}).status_code == 401


def test_the_administrator_of_the_machine_takes_what_was_lost(person: Person, olga: User, capsys) -> None:
    give_app(olga)
    call_command("forget_second_factor", "olga")
    assert last() == (
        *("user.second_factor_removed", "", "olga"),
        {"by": "manage.py", "kinds": ["recovery_codes", "totp"]},
    )
    assert not is_signed_in(person)
    assert is_signed_in(sign_in())
    for name in ("olga", "nobody"):
        with pytest.raises(CommandError):
            call_command("forget_second_factor", name)


class TestRequired:
    @pytest.fixture(autouse=True)
    def _required(self, settings) -> None:
        settings.REQUIRE_SECOND_FACTOR = ("operator",)

    @pytest.mark.parametrize("path", ["/tasks/", "/deletions/", "/audit/", "/account/", "/", "/nowhere/"])
    def test_who_has_none_is_led_to_setting_one_up(self, person: Person, path: str) -> None:
        response = person.get(path)
        assert (response.status_code, response.headers.get("Location")) in {(302, PLACE), (404, None)}
        assert "Your role (operator) needs a second factor." in said(person.get(PLACE))

    def test_its_page_asks_for_nothing_that_would_be_refused(self, person: Person) -> None:
        assert "/tasks/views/rail/" not in person.get(PLACE).content.decode()

    def test_what_is_posted_or_asked_by_a_script_is_refused_with_the_sentence(self, person: Person) -> None:
        for response in (
            person.post("/deletions/new/"),
            person.get("/tasks/", headers={"HX-Request": "true"}),
            person.post("/account/", {"time_zone": "Asia/Tokyo"}),
        ):
            assert response.status_code == 403
            assert "needs a second factor" in response.content.decode()

    def test_with_one_everything_is_open(self, person: Person) -> None:
        secret = secret_on(person.post(f"{PLACE}app/"))
        person.post(f"{PLACE}app/", {"code": code(secret)})
        assert person.get("/tasks/").status_code == 200

    def test_the_last_one_is_not_taken_away(self, person: Person, olga: User) -> None:
        give_app(olga)
        [row, _] = factors.of(olga)
        response = person.post(f"{PLACE}{row.pk}/remove/")
        assert (response.status_code, "Add another before" in said(response)) == (409, True)
        assert factors.has_one(olga)

    def test_signing_out_is_open_and_others_are_let_be(self, person: Person, viewer: Person) -> None:
        assert viewer.get("/tasks/").status_code == 200
        assert person.post("/logout/").headers["Location"] == "/login/"
        assert not is_signed_in(person)

    def test_a_superuser_is_an_administrator(self, administrator: Person, settings) -> None:
        settings.REQUIRE_SECOND_FACTOR = ("administrator",)
        assert administrator.get("/admin/").headers["Location"] == PLACE
