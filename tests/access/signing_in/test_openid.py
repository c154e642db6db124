from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse

from dashboard.access.permissions import READ_ONLY
from dashboard.access.roles import role_of
from dashboard.access.signing_in import capped, fresh, issuer, openid_people
from dashboard.audit.models import AuditEvent
from tests.access.signing_in.people import actions, code, give_app, is_signed_in, last, said, sign_in
from tests.access.signing_in.provider import CLIENT, SECRET, Provider
from tests.conftest import Person
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
START, CALLBACK = "/login/openid/", "/login/openid/callback/"
NONA = {"preferred_username": "nona", "groups": ["ml", "other"]}


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with Provider(claims=dict(NONA)) as provider:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider.url, CLIENT, SECRET
        settings.OIDC_ROLES = {"ops": "administrator", "ml": "operator"}
        yield provider


def signs_in(
    provider: Provider, person: Person | None = None, start: str = "", **changed: str
) -> tuple[Person, HttpResponse]:
    """Goes there, and comes back with what the provider gave, changed as told."""
    person = person or Person()
    begun = person.get(start or f"{START}?next=/audit/")
    assert begun.status_code == 302, begun.content
    return person, person.get(CALLBACK, provider.signs_in(begun.headers["Location"]) | changed)


def refused(provider: Provider, **changed: str) -> str:
    """The sentence with which somebody was refused, who is in nowhere now, and whom the log tells of."""
    person, response = signs_in(provider, **changed)
    assert response.status_code == 403
    assert not is_signed_in(person)
    assert ">Username</label>" in response.content.decode()
    assert last()[3] == {"by": "openid", "why": said(response).replace("&lt;", "<")}
    return said(response)


def test_there_is_a_link_when_it_is_configured_and_no_address_otherwise(provider: Provider, settings) -> None:
    page = " ".join(Person().get("/login/?next=/audit/").content.decode().split())
    assert 'href="/login/openid/?next=/audit/">Sign in with OpenID</a>' in page
    settings.OIDC_ISSUER = ""
    assert "OpenID" not in Person().get("/login/").content.decode()
    assert (Person().get(START).status_code, Person().get(CALLBACK).status_code) == (404, 404)


def test_somebody_unknown_is_added_with_the_role_of_their_groups(provider: Provider) -> None:
    person, response = signs_in(provider)
    assert response.headers["Location"] == "/audit/"
    assert is_signed_in(person)
    nona = User.objects.get()
    assert (nona.username, role_of(nona), nona.has_usable_password(), nona.email) == ("nona", "operator", False, "")
    assert actions() == ["user.added", "user.role_changed", "user.signed_in"]
    assert last()[3] == {"by": ["openid_session"]}


def test_they_are_known_by_their_sub_and_not_by_their_name(provider: Provider) -> None:
    signs_in(provider)
    provider.claims["preferred_username"] = "another"
    assert is_signed_in(signs_in(provider)[0])
    assert User.objects.get().username == "nona"
    provider.claims |= {"sub": "43", "preferred_username": "nona"}
    assert refused(provider) == openid_people.TAKEN.format("nona")


def test_nobody_takes_over_an_account_by_its_name(provider: Provider, olga: User) -> None:
    for name in ("olga", "Olga"):
        provider.claims["preferred_username"] = name
        assert refused(provider) == openid_people.TAKEN.format(name)
    assert User.objects.count() == 1


def test_a_name_of_the_log_is_nobody_elses(provider: Provider, olga: User) -> None:
    sign_in()
    olga.delete()
    provider.claims["preferred_username"] = "olga"
    assert refused(provider) == openid_people.TAKEN.format("olga")


def test_without_a_group_that_has_a_role_nobody_is_let_in(provider: Provider) -> None:
    for groups in (["other"], [], "ml", None, [["ml"]], {"ml": 1}):
        provider.claims["groups"] = groups
        assert refused(provider) == openid_people.NO_GROUP
    assert not User.objects.exists()


def test_the_role_follows_the_groups(provider: Provider) -> None:
    nona, _ = signs_in(provider)
    provider.claims["groups"] = ["ml", "ops"]
    signs_in(provider)
    assert role_of(User.objects.get()) == "administrator"
    event = AuditEvent.objects.filter(action="user.role_changed").latest("sequence")
    assert event.detail == {"before": "operator", "role": "administrator", "by": "openid"}
    provider.claims["groups"] = []
    assert refused(provider) == openid_people.NO_GROUP
    assert role_of(User.objects.get()) == ""
    # Also where they were signed in before.
    assert not is_signed_in(nona)


def test_everybodys_role_is_the_least(provider: Provider, settings) -> None:
    settings.OIDC_ROLES |= {"*": "viewer"}
    provider.claims["groups"] = None
    signs_in(provider)
    assert role_of(User.objects.get()) == "viewer"


def test_groups_may_be_told_apart_from_the_token(provider: Provider) -> None:
    provider.claims["groups"] = None
    provider.userinfo = {"sub": "42", "groups": ["ops"]}
    signs_in(provider)
    assert role_of(User.objects.get()) == "administrator"
    provider.userinfo["sub"] = "43"
    assert refused(provider) == issuer.OTHER_PERSON


def test_a_closed_account_stays_out(provider: Provider) -> None:
    signs_in(provider)
    User.objects.update(is_active=False)
    assert refused(provider) == "This account is closed. An administrator can open it again."


def test_while_nothing_may_be_changed_nobody_is_added(provider: Provider, settings) -> None:
    settings.READ_ONLY = True
    assert refused(provider) == READ_ONLY
    settings.READ_ONLY = False
    signs_in(provider)
    settings.READ_ONLY = True
    assert is_signed_in(signs_in(provider)[0])


def test_a_second_factor_is_asked_for_all_the_same(provider: Provider) -> None:
    signs_in(provider)
    give_app(User.objects.get())
    person, response = signs_in(provider)
    assert response.headers["Location"] == "/login/second-factor/"
    assert person.post("/login/second-factor/", {"code": code()}).headers["Location"] == "/audit/"


HOUR = 3600
HOSTILE: list[tuple[dict[str, Any], type[Exception] | str]] = [
    ({"claims": {"nonce": "another"}}, issuer.OTHER_NONCE),
    ({"claims": {"nonce": None}}, issuer.OTHER_NONCE),
    ({"claims": {"iss": "https://elsewhere.example"}}, issuer.jwt.InvalidIssuerError),
    ({"claims": {"aud": "another"}}, issuer.jwt.InvalidAudienceError),
    ({"claims": {"aud": [CLIENT, "another"], "azp": "another"}}, issuer.jwt.InvalidAudienceError),
    ({"claims": {"exp": int(time.time()) - HOUR}}, issuer.jwt.ExpiredSignatureError),
    ({"claims": {"iat": int(time.time()) + HOUR}}, issuer.jwt.ImmatureSignatureError),
    ({"claims": {"nbf": int(time.time()) + HOUR}}, issuer.jwt.ImmatureSignatureError),
    ({"claims": {"exp": None}}, issuer.jwt.MissingRequiredClaimError),
    ({"claims": {"sub": None}}, issuer.jwt.MissingRequiredClaimError),
    ({"claims": {"sub": 42}}, issuer.jwt.PyJWTError),
    ({"algorithm": "none"}, issuer.jwt.InvalidAlgorithmError),
    ({"algorithm": "HS256"}, issuer.jwt.InvalidAlgorithmError),
    ({"algorithm": "RS512"}, issuer.jwt.InvalidAlgorithmError),
    ({"signed_by": "another"}, issuer.jwt.PyJWTError),
    ({"header": {"kid": "another"}}, issuer.jwt.PyJWTError),
    ({"config": {"issuer": "https://elsewhere.example"}}, issuer.jwt.InvalidIssuerError),
    ({"config": {"jwks_uri": "http://127.0.0.1:9/"}}, issuer.AWAY),
    ({"config": {"token_endpoint": "http://127.0.0.1:9/"}}, issuer.AWAY),
]


@pytest.mark.once
@pytest.mark.parametrize(("said_there", "expected"), HOSTILE)
def test_what_no_provider_says_is_not_believed(provider: Provider, said_there: Any, expected: Any) -> None:
    for name, value in said_there.items():
        setattr(provider, name, NONA | value if name == "claims" else value)
    sentence = expected if isinstance(expected, str) else dict(issuer.SENTENCES)[expected]
    assert refused(provider) == sentence
    assert not User.objects.exists()


def test_each_sentence_is_another() -> None:
    sentences = [sentence for _, sentence in issuer.SENTENCES] + [issuer.OTHER_NONCE, issuer.STALE, issuer.AWAY]
    assert len(set(sentences)) == len(sentences)


def test_an_answer_is_taken_once_and_only_where_it_was_asked_for(provider: Provider) -> None:
    person = Person()
    brought = provider.signs_in(person.get(START).headers["Location"])
    assert said(Person().get(CALLBACK, brought)) == issuer.STALE
    assert person.get(CALLBACK, brought).status_code == 302
    person.post("/logout/")
    assert said(person.get(CALLBACK, brought)) == issuer.STALE
    assert said(person.get(CALLBACK)) == issuer.STALE
    assert refused(provider, state="another") == issuer.STALE


def test_who_turns_back_there_is_told_so(provider: Provider) -> None:
    person = Person()
    state = provider.signs_in(person.get(START).headers["Location"])["state"]
    assert said(person.get(CALLBACK, {"state": state, "error": "access_denied"})) == issuer.REFUSED


def test_it_leads_on_to_pages_of_ours_alone(provider: Provider) -> None:
    person = Person()
    begun = person.get(f"{START}?next=https://elsewhere.example/&auth_params=prompt%3Dnone&scope=all&process=connect")
    query = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert ("prompt" in query, sorted(query["scope"][0].split())) == (False, ["email", "groups", "openid", "profile"])
    assert person.get(CALLBACK, provider.signs_in(begun.headers["Location"])).headers["Location"] == "/tasks/"


def test_groups_are_not_asked_for_where_they_are_not_offered(provider: Provider) -> None:
    provider.config = {"scopes_supported": None}
    assert Person().get(START).status_code == 502
    provider.config = {"scopes_supported": ["openid"]}
    signs_in(provider)
    assert "groups" not in provider.params["scope"]
    assert provider.asked.count("/.well-known/openid-configuration") == 3


@pytest.mark.parametrize("named", [{"preferred_username": "a b\u202e"}, {"preferred_username": 7}, {}])
def test_a_name_that_no_account_can_have_is_passed_over(provider: Provider, named: dict[str, Any]) -> None:
    provider.claims = {"groups": ["ml"], "email": "nona@example.com", **named}
    signs_in(provider)
    assert User.objects.get().username == "nona@example.com"
    provider.claims = {"groups": ["ml"], "sub": "x" * 200}
    assert refused(provider) == openid_people.NO_NAME


class TestAway:
    def begun(self, provider: Provider) -> str:
        response = Person().get(START)
        assert response.status_code == 502
        return said(response)

    def test_what_is_not_there_is_told(self, provider: Provider, settings) -> None:
        settings.OIDC_ISSUER = "http://127.0.0.1:9"
        assert self.begun(provider) == issuer.AWAY

    def test_what_has_no_end_is_not_read(self, provider: Provider) -> None:
        provider.padding = capped.LONGEST
        assert self.begun(provider) == issuer.AWAY

    def test_what_takes_too_long_is_not_waited_for(self, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(capped, "SECONDS", -1.0)
        assert self.begun(provider) == issuer.AWAY

    def test_nobody_is_led_elsewhere(self, provider: Provider) -> None:
        provider.moved = True
        assert self.begun(provider) == issuer.AWAY
        assert provider.asked == ["/.well-known/openid-configuration"]

    @pytest.mark.parametrize("config", [{"authorization_endpoint": None}, {"token_endpoint": 7}])
    def test_what_makes_no_sense_is_told(self, provider: Provider, config: dict[str, Any]) -> None:
        provider.config = config
        assert Person().get(START).status_code in {302, 502}


class TestOfWhoIsSignedIn:
    @pytest.fixture
    def person(self, provider: Provider, olga: User) -> Person:
        return sign_in()

    def connects(self, provider: Provider, person: Person) -> tuple[Person, HttpResponse]:
        [link] = re.findall(r'href="([^"]*connect=[^"]*)"', person.get("/account/").content.decode())
        return signs_in(provider, person, html.unescape(link))

    def test_an_account_is_connected_by_who_has_just_shown_that_it_is_theirs(
        self, provider: Provider, person: Person
    ) -> None:
        _, response = self.connects(provider, person)
        assert response.headers["Location"] == "/account/"
        assert last()[0] == "user.connected_openid"
        assert "You can sign in with OpenID." in person.get("/account/").content.decode()
        provider.claims |= {"preferred_username": "any"}
        other, _ = signs_in(provider)
        assert "olga" in other.get("/account/").content.decode()

    def test_a_session_that_was_left_open_connects_nothing(
        self, provider: Provider, person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fresh, "FOR", 0)
        assert self.connects(provider, person)[1].status_code == 403
        assert "user.connected_openid" not in actions()

    def test_what_is_somebody_elses_is_connected_to_nobody(self, provider: Provider, person: Person) -> None:
        signs_in(provider)
        assert self.connects(provider, person)[1].status_code == 403

    def test_another_site_connects_nothing(self, provider: Provider, person: Person, administrator: Person) -> None:
        [theirs] = re.findall(r'href="([^"]*connect=[^"]*)"', administrator.get("/account/").content.decode())
        for start in ("", f"{START}?connect=", f"{START}?connect=1:a:b", html.unescape(theirs)):
            assert signs_in(provider, person, start)[1].status_code == 403
        assert "user.connected_openid" not in actions()

    def test_the_provider_confirms_who_it_has_just_asked(
        self, provider: Provider, person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.connects(provider, person)
        now = time.time() + fresh.FOR + 1
        monkeypatch.setattr(time, "time", lambda: now)
        guarded = "/account/second-factor/codes/"
        assert "Confirm with OpenID" in person.get(person.post(guarded).headers["Location"]).content.decode()
        for asked_at in (None, now - fresh.FOR - 5, int(now - fresh.FOR - 5)):
            provider.claims["auth_time"] = asked_at
            assert signs_in(provider, person)[1].status_code == 403
            assert person.post(guarded).status_code == 302
        provider.claims["auth_time"] = int(now)
        assert signs_in(provider, person)[1].headers["Location"] == "/audit/"
        assert (provider.params["prompt"], provider.params["max_age"]) == ("login", "0")
        assert person.post(guarded).status_code == 409


def test_another_account_here_is_not_touched_by_a_disabled_one(provider: Provider) -> None:
    UserFactory(username="nona", is_active=False)
    assert refused(provider) == openid_people.TAKEN.format("nona")
