from __future__ import annotations

import pytest

from dashboard.access.models import OpenSession
from dashboard.access.sessions import SessionStore, stored

pytestmark = pytest.mark.django_db


def test_the_database_does_not_hold_what_a_cookie_holds(operator) -> None:
    key = operator.cookies["sessionid"].value
    assert list(OpenSession.objects.values_list("session_key", flat=True)) == [stored(key)]
    operator.cookies["sessionid"] = stored(key)
    assert operator.get("/tasks/").status_code == 302


def test_a_session_is_kept_changed_renewed_and_ended() -> None:
    session = SessionStore()
    session["a"] = 1
    session.save()
    key = session.session_key
    assert SessionStore(key)["a"] == 1
    assert SessionStore().exists(key)
    again = SessionStore(key)
    again["a"] = 2
    again.save()
    again.cycle_key()
    assert not SessionStore().exists(key)
    assert (SessionStore(again.session_key)["a"], OpenSession.objects.count()) == (2, 1)
    again.flush()
    assert not OpenSession.objects.exists()
    assert SessionStore("unknown").get("a") is None
