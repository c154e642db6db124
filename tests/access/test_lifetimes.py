from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.access import lifetimes, middleware
from dashboard.access.models import OpenSession
from dashboard.deletions.dispatch import recovery
from tests.conftest import Person
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def passed(monkeypatch) -> list[float]:
    """Seconds that have passed: a list of one."""
    passed, now = [0.0], middleware.time.time()
    monkeypatch.setattr(middleware.time, "time", lambda: now + passed[0])
    return passed


@pytest.fixture
def olga() -> User:
    return UserFactory(username="olga", role="viewer", password=PASSWORD)


def signed_in(name: str = "olga") -> Person:
    person = Person()
    assert person.post("/login/", {"username": name, "password": PASSWORD}).status_code == 302
    return person


def test_who_is_idle_for_long_signs_in_again(olga, passed) -> None:
    person = signed_in()
    passed[0] = lifetimes.IDLE - 1
    assert person.get("/tasks/").status_code == 200
    passed[0] += lifetimes.IDLE - 1
    assert person.get("/tasks/").status_code == 200
    passed[0] += lifetimes.IDLE + 1
    assert person.get("/tasks/").headers["Location"].startswith("/login/")
    passed[0] -= lifetimes.IDLE
    assert person.get("/tasks/").status_code == 302


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(olga, passed) -> None:
    person = signed_in()
    for _ in range(20):
        passed[0] += lifetimes.IDLE / 15
        answer = person.get("/deletions/strip/?seen=0")
    assert answer.status_code == 302


@pytest.mark.once
def test_nobody_stays_signed_in_for_ever(olga, passed) -> None:
    person = signed_in()
    while passed[0] <= lifetimes.LONGEST - lifetimes.IDLE:
        passed[0] += lifetimes.IDLE / 2
        assert person.get("/tasks/").status_code == 200
    passed[0] += lifetimes.IDLE
    assert person.get("/tasks/").status_code == 302


def test_who_was_disabled_is_signed_out_for_good(olga, administrator) -> None:
    person = signed_in()
    other = UserFactory(username="victor", role="viewer", password=PASSWORD)
    others = signed_in("victor")
    form = {"password": "", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    answer = administrator.post(f"/admin/auth/user/{olga.pk}/change/", form, follow=True)
    assert "is signed out everywhere. What they have confirmed goes on" in answer.content.decode()
    User.objects.filter(pk=olga.pk).update(is_active=True)
    assert person.get("/tasks/").status_code == 302
    assert (others.get("/tasks/").status_code, other.is_active) == (200, True)


def test_sessions_that_are_over_are_removed(olga) -> None:
    signed_in()
    OpenSession.objects.update(expire_date=timezone.now())
    recovery._prune(now=timezone.now())
    assert not OpenSession.objects.exists()


def test_a_name_with_a_trail_is_nobody_elses(olga, administrator) -> None:
    signed_in()
    olga.delete()
    passwords = {"password1": "aX9-long-enough", "password2": "aX9-long-enough", "usable_password": "true"}
    refused = administrator.post("/admin/auth/user/add/", {"username": "olga", **passwords})
    assert "The audit log tells what somebody of this name did. Choose another." in refused.content.decode()
    assert administrator.post("/admin/auth/user/add/", {"username": "oscar", **passwords}).status_code == 302
    oscar = User.objects.get(username="oscar")
    form = {"username": "victor", "is_active": "on", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    assert administrator.post(f"/admin/auth/user/{oscar.pk}/change/", form).status_code == 302
    oscar.refresh_from_db()
    assert oscar.username == "oscar"


def test_who_asked_for_what_is_logged_and_not_what_they_searched_for(viewer, stranger, caplog) -> None:
    viewer.get("/tasks/?q=secret%20word", REMOTE_ADDR="192.0.2.7")
    stranger.get("/nowhere%0A/")
    stranger.get("/healthz")
    lines = [record.getMessage().rpartition(" ")[0].rpartition(" ")[0] for record in caplog.records]
    lines = [line for line, record in zip(lines, caplog.records, strict=True) if record.name == "dashboard.access"]
    assert lines == ["192.0.2.7 victor GET '/tasks/' 200", "127.0.0.1 - GET '/nowhere\\n/' 404"]
