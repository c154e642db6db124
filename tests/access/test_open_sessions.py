"""What the table of sessions knows without decoding any."""

from __future__ import annotations

import importlib
import time
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.access import browsers, lifetimes, middleware
from dashboard.access.models import OpenSession, Profile
from dashboard.access.sessions import SessionStore, stored
from tests.conftest import Person
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def signed_in(name: str = "olga") -> Person:
    person = Person()
    fields = {"username": name, "password": PASSWORD}
    assert person.post("/login/", fields, REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT=FIREFOX).status_code == 302
    return person


def test_a_session_says_whose_it_is_since_when_and_from_where() -> None:
    olga = UserFactory(username="olga", role="viewer")
    signed_in()
    row = OpenSession.objects.get()
    assert (row.user, row.address, row.browser) == (olga, "192.0.2.7", "Firefox on Linux")
    assert row.signed_in_at == row.seen_at
    assert Profile.objects.get(user=olga).seen_at == row.seen_at


def test_seen_is_noted_at_most_every_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory(username="olga", role="viewer")
    person, now = signed_in(), time.time()
    seen = OpenSession.objects.get().seen_at
    for passed, is_noted in ((lifetimes.NOTED_EVERY - 10, False), (lifetimes.NOTED_EVERY + 10, True)):
        monkeypatch.setattr(middleware.time, "time", lambda passed=passed: now + passed)
        person.get("/tasks/", REMOTE_ADDR="192.0.2.9")
        row = OpenSession.objects.get()
        assert (row.seen_at != seen, row.address) == (is_noted, "192.0.2.9" if is_noted else "192.0.2.7")
        assert Profile.objects.get().seen_at == row.seen_at


def test_ending_everywhere_reads_no_session_of_others() -> None:
    olga, victor = UserFactory(username="olga", role="viewer"), UserFactory(username="victor", role="viewer")
    signed_in()
    here = signed_in()
    theirs = signed_in("victor")
    with CaptureQueriesContext(connection) as queries:
        assert lifetimes.end_all(olga.pk, but=stored(here.cookies["sessionid"].value)) == 1
    assert not any("session_data" in query["sql"] for query in queries)
    assert (here.get("/tasks/").status_code, theirs.get("/tasks/").status_code) == (200, 200)
    assert lifetimes.end_all(olga.pk) == 1
    assert here.get("/tasks/").status_code == 302
    assert list(OpenSession.objects.values_list("user", flat=True)) == [victor.pk]


def test_idle_old_and_anonymous_sessions_are_not_open() -> None:
    UserFactory(username="olga", role="viewer")
    signed_in()
    SessionStore().save()
    now = timezone.now()
    assert lifetimes.open_now(now=now).count() == 1
    assert not lifetimes.open_now(now=now + timedelta(seconds=lifetimes.IDLE + 1))
    OpenSession.objects.update(signed_in_at=now - timedelta(seconds=lifetimes.LONGEST + 1))
    assert not lifetimes.open_now(now=now)


def test_an_update_signs_nobody_out() -> None:
    olga = UserFactory(username="olga", role="viewer")
    person = signed_in()
    row = OpenSession.objects.get()
    data = SessionStore().decode(row.session_data)
    kept = {name: getattr(row, name) for name in ("session_key", "session_data", "expire_date")}
    Session.objects.create(**kept)
    Session.objects.create(**kept | {"session_key": "0" * 40, "expire_date": timezone.now() - timedelta(1)})
    of_nobody = SessionStore().encode({**data, SESSION_KEY: str(olga.pk + 1)})
    Session.objects.create(**kept | {"session_key": "1" * 40, "session_data": of_nobody})
    row.delete()
    importlib.import_module("dashboard.access.migrations.0006_joining").move_sessions(apps, None)
    assert person.get("/tasks/").status_code == 200
    moved = OpenSession.objects.get()
    assert (moved.user, moved.seen_at, moved.browser) == (olga, row.seen_at, "Firefox on Linux")
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_in_a_few_words(user_agent: str, words: str) -> None:
    assert browsers.in_words(user_agent) == words
