"""Tokens on the page: made, shown once, and revoked by their person or an administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from dashboard.access.models import Token
from dashboard.access.people.asking import By
from dashboard.access.signing_in import fresh
from dashboard.access.tokens import making
from dashboard.audit.models import AuditEvent
from dashboard.pages import bodies
from tests.access.people.test_joining import words
from tests.api.program import Program, problem, told
from tests.conftest import Person
from tests.factories import PASSWORD, UserFactory
from tests.operations.test_erased_everywhere import found

pytestmark = pytest.mark.django_db
FIELDS: dict[str, Any] = {"name": "Nightly import", "scopes": ["ingest", "read"], "days": "30"}


@pytest.fixture
def mara() -> Person:
    """Just signed in with her password."""
    person = Person()
    person.user = UserFactory(username="mara", role="operator")
    assert person.post("/login/", {"username": "mara", "password": PASSWORD}).status_code == 302
    return person


def shown(response: HttpResponse) -> str:
    assert response.status_code == 201
    text: str = response.content.decode().split('id="token"')[1].split('value="')[1].split('"')[0]
    return text


def status(token: str, path: str = "/api/tasks/") -> int:
    code: int = Client(headers={"Authorization": f"Bearer {token}"}).get(path).status_code
    return code


def test_a_token_is_shown_once_and_opens_what_its_scopes_name(mara: Person) -> None:
    token = shown(mara.post("/account/tokens/", FIELDS))
    assert token.startswith("tlt_")
    assert len(token) == 55
    assert status(token) == 200
    page = words(mara.get("/account/"))
    assert "Nightly import" in page
    assert token not in mara.get("/account/").content.decode()
    row = Token.objects.get()
    assert (row.scopes, row.beginning) == (["ingest", "read"], token[:8])
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    event = AuditEvent.objects.get(action="user.token_made")
    assert (event.actor, event.subject, event.address) == ("mara", "mara", "127.0.0.1")
    assert (event.detail["token"], event.detail["scopes"]) == ("Nightly import", ["ingest", "read"])


def test_the_database_has_no_token_but_its_hash(mara: Person) -> None:
    token = shown(mara.post("/account/tokens/", FIELDS))
    assert found(token[8:]) == {}
    assert found(making.digest(token)) == {"access_token": {"digest"}}


def test_each_is_another_of_256_random_bits() -> None:
    texts = {Program(UserFactory(), "read").token for _ in range(20)}
    assert len({text[4:47] for text in texts}) == 20
    assert all(bodies.TOKEN.fullmatch(f"Bearer {text}") for text in texts)


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Give it a name."),
        ({"name": "\u200b"}, "Use letters that can be seen"),
        ({"name": "x" * 61}, "Use at most 60 characters."),
        ({"scopes": []}, "Tick at least one."),
        ({"scopes": ["root"]}, "“root” is no scope."),
        ({"days": "0"}, "Use a whole number from 1 to 365."),
        ({"days": "366"}, "Use a whole number from 1 to 365."),
        ({"days": "soon"}, "Use a whole number from 1 to 365."),
    ],
)
def test_what_can_not_be_a_token_says_why(mara: Person, fields: dict[str, Any], sentence: str) -> None:
    response = mara.post("/account/tokens/", FIELDS | fields)
    assert response.status_code == 422
    assert sentence in words(response)
    assert not Token.objects.exists()


def test_a_name_stands_once_among_those_not_revoked(mara: Person) -> None:
    mara.post("/account/tokens/", FIELDS)
    again = mara.post("/account/tokens/", FIELDS)
    assert again.status_code == 422
    assert "You have a token of this name." in words(again)
    mara.post(f"/account/tokens/{Token.objects.get().pk}/revoke/")
    assert mara.post("/account/tokens/", FIELDS).status_code == 201


@pytest.mark.once
def test_of_one_person_there_are_only_so_many(mara: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST", 1)
    mara.post("/account/tokens/", FIELDS)
    assert mara.post("/account/tokens/", FIELDS | {"name": "Another"}).status_code == 422


def test_who_makes_one_has_just_shown_that_it_is_them_and_finds_what_was_typed(
    mara: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "FOR", -1)
    response = mara.post("/account/tokens/", FIELDS)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/confirm/?next=%2Faccount%2F%3Fname%3DNightly")
    assert not Token.objects.exists()
    monkeypatch.undo()
    confirmed = mara.post(response.headers["Location"], {"password": PASSWORD})
    page = mara.get(confirmed.headers["Location"]).content.decode()
    assert 'value="Nightly import"' in page
    assert page.count("checked") == 2


def test_a_revoked_token_is_told_so(mara: Person) -> None:
    token = shown(mara.post("/account/tokens/", FIELDS))
    row = Token.objects.get()
    assert mara.post(f"/account/tokens/{row.pk}/revoke/", follow=True).status_code == 200
    answer = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/tasks/")
    assert "This token was revoked at" in problem(answer, 401, "token-revoked")["detail"]
    assert "None yet." in words(mara.get("/account/"))
    event = AuditEvent.objects.get(action="user.token_revoked")
    assert (event.actor, event.detail["token"]) == ("mara", "Nightly import")
    assert mara.post(f"/account/tokens/{row.pk}/revoke/").status_code == 409


def test_nobody_revokes_anothers_by_its_number(mara: Person, operator: Person) -> None:
    token = shown(mara.post("/account/tokens/", FIELDS))
    assert operator.post(f"/account/tokens/{Token.objects.get().pk}/revoke/").status_code == 409
    assert status(token) == 200


def test_an_administrator_sees_and_revokes_them(mara: Person, administrator: Person) -> None:
    first = shown(mara.post("/account/tokens/", FIELDS))
    second = shown(mara.post("/account/tokens/", FIELDS | {"name": "Other"}))
    page = f"/access/{mara.user.pk}/"
    assert "Nightly import" in words(administrator.get(page))
    one = Token.objects.get(name="Other").pk
    assert administrator.post(f"{page}tokens/", {"token": one}).status_code == 302
    assert (status(first), status(second)) == (200, 401)
    assert administrator.post(f"{page}tokens/").status_code == 302
    assert status(first) == 401
    events = AuditEvent.objects.filter(action="person.tokens_revoked").order_by("sequence")
    assert [(event.actor, event.subject, event.detail) for event in events] == [
        ("alice", "mara", {"tokens": [second[:8]]}),
        ("alice", "mara", {"tokens": [first[:8]]}),
    ]
    assert administrator.post(f"{page}tokens/").status_code == 409
    assert administrator.post(f"{page}tokens/", {"token": "x"}).status_code == 409
    assert mara.post(f"{page}tokens/").status_code == 403


def test_none_works_while_the_account_is_disabled(mara: Person, administrator: Person) -> None:
    token = shown(mara.post("/account/tokens/", FIELDS))
    page = f"/access/{mara.user.pk}/"
    administrator.post(f"{page}disable/")
    answer = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/tasks/")
    problem(answer, 401, "account-closed")
    administrator.post(f"{page}open/")
    assert status(token) == 200


def test_reset_revokes_all_and_end_sessions_none(mara: Person, administrator: Person) -> None:
    token = shown(mara.post("/account/tokens/", FIELDS))
    page = f"/access/{mara.user.pk}/"
    administrator.post(f"{page}end-sessions/")
    assert status(token) == 200
    assert "its tokens are revoked" in words(administrator.post(f"{page}reset/"))
    assert status(token) == 401
    assert AuditEvent.objects.get(action="person.reset").detail == {"sessions": 0, "tokens": 1}


def test_they_go_with_the_account(mara: Person) -> None:
    mara.post("/account/tokens/", FIELDS)
    User.objects.filter(username="mara").delete()
    assert not Token.objects.exists()


def test_one_that_ended_long_ago_is_forgotten_when_another_is_made(mara: Person) -> None:
    by, now = By(user=mara.user), timezone.now()
    making.make(by=by, name="Old", scopes=["read"], days=1, now=now - timedelta(days=40))
    making.make(by=by, name="New", scopes=["read"], days=1, now=now)
    assert [row.name for row in Token.objects.all()] == ["New"]


def test_its_use_is_written_once_a_minute(mara: Person) -> None:
    token = shown(mara.post("/account/tokens/", FIELDS))
    assert "Never" in words(mara.get("/account/"))
    answers = [Client(headers={"Authorization": f"Bearer {token}"}).get("/api/tasks/") for _ in range(3)]
    assert [len(told(answer, 200)["tasks"]) for answer in answers] == [0, 0, 0]
    first = Token.objects.get().used_at
    assert first is not None
    assert "Never" not in words(mara.get("/account/"))
    status(token)
    assert Token.objects.get().used_at == first


@pytest.mark.once
def test_read_only_makes_and_revokes_none(mara: Person, settings: Any) -> None:
    mara.post("/account/tokens/", FIELDS)
    settings.READ_ONLY = True
    assert mara.post("/account/tokens/", FIELDS | {"name": "Other"}).status_code == 403
    assert mara.post(f"/account/tokens/{Token.objects.get().pk}/revoke/").status_code == 403
    page = words(mara.get("/account/"))
    assert "Nightly import" in page
    assert "Make a token" not in page
