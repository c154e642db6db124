from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import RequestFactory

from dashboard.access.signing_in import factors, passkeys

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("before", "count", "is_taken"), [(5, 6, True), (5, 5, False), (5, 4, False), (5, 0, False)])
def test_a_key_that_falls_behind_was_copied(olga: User, before: int, count: int, is_taken: bool) -> None:
    row = Authenticator.objects.create(user=olga, type=factors.PASSKEY, data={"name": "Key", "count": before})
    assert passkeys._counts_on(row, count) == is_taken
    row.refresh_from_db()
    assert row.data["count"] == (count if is_taken else before)


def test_a_key_that_counts_nothing_is_taken_again(olga: User) -> None:
    row = Authenticator.objects.create(user=olga, type=factors.PASSKEY, data={"name": "Key", "count": 0})
    assert passkeys._counts_on(row, 0)


def test_there_is_an_end_to_passkeys(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "MOST_PASSKEYS", 1)
    by = factors.By(person=olga, address="")
    assert len(factors.add_passkey(by=by, name="One", credential={})) == 10
    with pytest.raises(factors.Refused, match="Remove one first"):
        factors.add_passkey(by=by, name="Two", credential={})


@pytest.mark.parametrize(
    ("host", "possible"),
    [
        *[("localhost:8000", True), ("tasks.example.com", True), ("tasks.example.com:8443", True)],
        *[("127.0.0.1:8000", False), ("192.0.2.7", False), ("[::1]:8000", False), ("[::1]", False)],
    ],
)
def test_browsers_make_passkeys_for_names_only(host: str, possible: bool, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert passkeys.are_possible(RequestFactory().get("/", headers={"Host": host})) == possible
