from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.access.models import Profile
from dashboard.access.zones import zone_of
from dashboard.audit.models import AuditEvent
from tests.conftest import Person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def choose(person: Person, zone: str) -> None:
    response = person.post("/account/", {"time_zone": zone})
    assert (response.status_code, response.headers["Location"]) == (302, "/account/")


def page(person: Person, path: str = "/account/") -> str:
    return " ".join(person.get(path).content.decode().split())


def test_a_person_chooses_a_zone_and_every_page_has_it(viewer: Person) -> None:
    assert '<label for="id_time_zone">Time zone</label>' in page(viewer)
    choose(viewer, "Asia/Kathmandu")
    shown = page(viewer)
    assert '<option value="Asia/Kathmandu" selected>' in shown
    assert "UTC+05:45</time> now" in shown


def test_without_a_choice_it_is_the_one_for_everybody(viewer: Person, settings) -> None:
    settings.TIME_ZONE = "America/Sao_Paulo"
    assert "UTC-03:00</time> now" in page(viewer)
    assert "As for everybody (America/Sao_Paulo)" in page(viewer)
    choose(viewer, "Asia/Tokyo")
    choose(viewer, "")
    assert "UTC-03:00</time> now" in page(viewer)


def test_one_persons_zone_is_nobody_elses(viewer: Person, operator: Person) -> None:
    choose(viewer, "Asia/Tokyo")
    assert "UTC</time> now" in page(operator)
    assert "UTC+09:00</time> now" in page(viewer)


@pytest.mark.parametrize("zone", ["Mars/Base", "asia/tokyo", "localtime", "../etc/passwd", "UTC+9"])
def test_what_is_no_zone_is_refused_and_nothing_is_changed(viewer: Person, zone: str) -> None:
    choose(viewer, "Asia/Tokyo")
    response = viewer.post("/account/", {"time_zone": zone})
    assert response.status_code == 422
    assert "is no time zone. Choose one of the list." in response.content.decode()
    assert Profile.objects.get(user=viewer.user).time_zone == "Asia/Tokyo"


def test_a_choice_is_in_the_log(viewer: Person) -> None:
    choose(viewer, "Asia/Tokyo")
    event = AuditEvent.objects.get(action="user.chose")
    assert (event.actor, event.subject, event.detail) == ("victor", "victor", {"time_zone": "Asia/Tokyo"})


def test_who_may_not_look_at_tasks_still_has_a_zone(outsider: Person) -> None:
    choose(outsider, "Asia/Tokyo")
    assert "UTC+09:00</time> now" in page(outsider)


def test_a_zone_that_this_machine_does_not_know_is_the_one_for_everybody(viewer: Person) -> None:
    Profile.objects.create(user=viewer.user, time_zone="Gone/Away")
    assert str(zone_of(viewer.user)) == "UTC"


def test_the_zone_costs_no_query(viewer: Person) -> None:
    numbers = []
    for zone in ("", "Asia/Tokyo"):
        choose(viewer, zone)
        viewer.get("/account/")
        with CaptureQueriesContext(connection) as queries:
            viewer.get("/deletions/")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
