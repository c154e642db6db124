from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.http import HttpResponse

from tests.conftest import Person
from tests.factories import TrackedTaskFactory
from tests.register.test_view_listing import ids, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def march(db: None) -> None:
    for day in (1, 2, 3, 4):
        TrackedTaskFactory(task_id=f"march_{day}", created_at=datetime(2026, 3, day, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("day=2026-03-02", ["march_2", "march_1"]),
        ("day=2026-03-02&sort=created", ["march_2", "march_3", "march_4"]),
        ("day=2026-12-31", ["march_4", "march_3", "march_2", "march_1"]),
        ("day=0001-01-01&sort=created", ["march_1", "march_2", "march_3", "march_4"]),
        ("day=9999-12-31", ["march_4", "march_3", "march_2", "march_1"]),
    ],
)
def test_it_lands_where_that_day_begins(viewer: Person, march: None, query: str, shown: list[str]) -> None:
    assert ids(viewer.get(f"/tasks/?{query}", follow=True)) == shown


def test_beyond_the_last_task_it_lands_before_the_end(viewer: Person, march: None) -> None:
    response = viewer.get("/tasks/?day=2020-01-01", follow=True)
    assert ids(response) == ["march_4", "march_3", "march_2", "march_1"]


def test_pages_go_on_both_ways_from_there(viewer: Person, march: None, settings) -> None:
    settings.TASKS_PER_PAGE = 1
    here = viewer.get("/tasks/?kind=image&day=2026-03-03", follow=True)
    assert ids(here) == ["march_3"]
    assert ids(viewer.get(here.context["page"]["newer_url"])) == ["march_4"]
    older = viewer.get(here.context["page"]["older_url"])
    assert ids(older) == ["march_2"]
    assert ids(viewer.get(older.context["page"]["newer_url"])) == ["march_3"]


def test_at_an_end_no_link_leads_on(viewer: Person, march: None) -> None:
    assert viewer.get("/tasks/?day=2026-12-31", follow=True).context["page"]["newer_url"] == ""


def _day_in(page: HttpResponse) -> str:
    [day] = re.findall(r'name="day"\s+value="([^"]*)"', text(page))
    return day


@pytest.mark.parametrize("order", ["", "&sort=created"])
@pytest.mark.parametrize("day", ["2026-03-02", "2020-01-01", "2030-01-01"])
def test_the_page_says_which_day_it_went_to(viewer: Person, march: None, day: str, order: str) -> None:
    assert _day_in(viewer.get(f"/tasks/?day={day}{order}", follow=True)) == day


def test_a_page_reached_by_a_row_names_no_day(viewer: Person, march: None, settings) -> None:
    settings.TASKS_PER_PAGE = 1
    first = viewer.get("/tasks/")
    assert _day_in(first) == _day_in(viewer.get(first.context["page"]["older_url"])) == ""


def test_the_form_keeps_filter_and_order(viewer: Person, march: None) -> None:
    page = text(viewer.get("/tasks/?kind=image&sort=created"))
    assert '<input type="hidden" name="kind" value="image">' in page
    assert '<input type="hidden" name="sort" value="created">' in page


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "2026-3-1"])
def test_what_is_no_day_is_refused(viewer: Person, day: str) -> None:
    response = viewer.get(f"/tasks/?day={day}")
    assert response.status_code == 400
    assert f"Go to day: “{day}” is not a day. Write it as YYYY-MM-DD." in text(response)


def test_in_an_empty_register_it_stays(viewer: Person) -> None:
    assert viewer.get("/tasks/?day=2026-03-01").headers["Location"] == "/tasks/"


def test_where_nothing_is_listed_no_day_is_asked_for(viewer: Person, march: None) -> None:
    assert "Go to day" in text(viewer.get("/tasks/"))
    assert "Go to day" not in text(viewer.get("/tasks/?kind=video"))
