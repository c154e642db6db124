"""A count that would make the page wait comes after it."""

from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.database import proposals
from dashboard.register import counting, walking
from tests.conftest import Person
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(monkeypatch, settings) -> None:
    monkeypatch.setattr(proposals, "FEW", 2)
    monkeypatch.setattr(counting, "SOON", 7)
    monkeypatch.setattr(walking, "SMALL", 10**9)
    settings.TASKS_PER_PAGE = 3
    for number in range(8):
        TrackedTaskFactory(prompt="a red fox" if number else "an owl")


def later(page: str) -> str:
    found = re.search(r'id="total"[^>]*hx-get="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def test_what_is_soon_counted_is_counted_with_the_page(operator: Person, many: None) -> None:
    page = operator.get("/tasks/?q=red+fox").content.decode()
    assert later(page) == ""
    assert "7 match" in page
    assert "Select all 7 matching" in page


def test_what_would_take_long_is_asked_for_by_the_page(operator: Person, many: None) -> None:
    TrackedTaskFactory(prompt="a red fox")
    page = operator.get("/tasks/?q=red+fox").content.decode()
    assert later(page) == "/tasks/total/?q=red+fox"
    assert "3 or more match" in page
    assert "Select all matching" in page
    told = operator.get(later(page), headers={"HX-Request": "true"}).content.decode()
    assert "8 match" in told
    assert re.search(r'id="for-all"[^>]*hx-swap-oob="true"', told)
    assert "Select all 8 matching</button>" in told
    assert "<table" not in told


def test_what_a_date_leaves_out_is_told_with_the_page(operator: Person, many: None) -> None:
    TrackedTaskFactory(prompt="a red fox")
    TrackedTaskFactory(prompt="a red fox", created_at=None)
    page = operator.get("/tasks/?q=red+fox&created_after=2020-01-01").content.decode()
    assert "8 match" in page
    assert "1 task of unknown time" in page


def test_the_count_alone_leads_to_the_list_without_htmx(operator: Person, viewer: Person, many: None) -> None:
    assert operator.get("/tasks/total/?q=fox")["Location"] == "/tasks/?q=fox"
    assert operator.get("/tasks/total/?kind=audio", headers={"HX-Request": "true"}).status_code == 400
    assert "select-all" not in viewer.get("/tasks/total/?q=fox", headers={"HX-Request": "true"}).content.decode()


def test_a_page_that_is_not_counted_counts_nothing(operator: Person, many: None) -> None:
    TrackedTaskFactory(prompt="a red fox")
    operator.get("/tasks/?q=red+fox")
    with CaptureQueriesContext(connection) as captured:
        operator.get("/tasks/?q=red+fox")
    assert not [query["sql"] for query in captured.captured_queries if 'AS "number_read"' in query["sql"]]


def test_in_a_large_register_what_is_not_sorted_is_counted_behind_the_page(operator, many: None, monkeypatch) -> None:
    monkeypatch.setattr(walking, "SMALL", 0)
    monkeypatch.setattr(walking, "READ_WHOLE", 2)
    page = operator.get("/tasks/?q=red+fox").content.decode()
    assert later(page) == "/tasks/total/?q=red+fox"
    assert "3 or more match" in page


def test_what_an_index_finds_at_once_is_not_looked_for_in_a_large_register(operator, many: None, monkeypatch) -> None:
    monkeypatch.setattr(walking, "SMALL", 0)
    page = operator.get("/tasks/?q=red+fox").content.decode()
    assert ("or more match" not in page) is proposals.stop_at_the_limit()
