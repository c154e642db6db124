"""A register that holds prompts from before they had a bound: no page with many rows reads the whole of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.calls.texts import LONGEST_PROMPT, LONGEST_TEXT, MOST_URLS
from dashboard.database import prompt_index
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import drafted, ticked
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db

ROWS = 50
MUCH = 300_000
"""Characters of a page, or read for it: six thousand a row."""


@pytest.fixture
def tasks() -> list[TrackedTask]:
    """As before there were bounds. The text index is not filled: that takes longer than all else."""
    prompt_index.drop_triggers(connection)
    urls = [f"https://example.com/{number}.png" for number in range(2000)]
    tasks = TrackedTaskFactory.create_batch(ROWS, last_outcome="refused", last_message="m" * LONGEST_TEXT)
    TrackedTask.objects.update(prompt="a fox at dusk " + "x" * 1_000_000, urls=urls)
    return tasks


def listed(person: Person, tasks: list[TrackedTask]) -> HttpResponse:
    return person.get("/tasks/")


def found_by_walking(person: Person, tasks: list[TrackedTask]) -> HttpResponse:
    return person.get("/tasks/?q=at")


def found_by_index(person: Person, tasks: list[TrackedTask]) -> HttpResponse:
    return person.get("/tasks/?q=abcd")


def selected(person: Person, tasks: list[TrackedTask]) -> HttpResponse:
    return person.post(reverse("task-selection"), {**ticked(tasks), "action": "update"}, headers={"HX-Request": "true"})


def polled(person: Person, tasks: list[TrackedTask]) -> HttpResponse:
    return person.get(reverse("deletion-strip"), {"shown": ticked(tasks)["shown"]}, headers={"HX-Request": "true"})


def dialog(person: Person, tasks: list[TrackedTask]) -> HttpResponse:
    return person.post(reverse("deletion-draft"), ticked(tasks), headers={"HX-Request": "true"})


def draft(person: Person, tasks: list[TrackedTask]) -> HttpResponse:
    return person.get(drafted(person, tasks).get_absolute_url())


def characters_read(queries: list[dict[str, str]]) -> int:
    """What the database hands out for these queries, asked once more."""
    read = 0
    with connection.cursor() as cursor:
        for query in queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute(query["sql"], None)
                read += sum(len(str(value)) for row in cursor.fetchall() for value in row)
    return read


@pytest.mark.parametrize("page", [listed, found_by_walking, found_by_index, selected, polled, dialog, draft])
def test_no_page_with_many_rows_reads_or_holds_whole_texts(
    operator: Person, tasks: list[TrackedTask], page: Callable[[Person, list[TrackedTask]], HttpResponse]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        response = page(operator, tasks)
    assert response.status_code == 200
    assert len(response.content) < MUCH
    assert characters_read(captured.captured_queries) < MUCH


def test_a_row_shows_the_beginning(viewer: Person, tasks: list[TrackedTask]) -> None:
    page = viewer.get("/tasks/").content.decode()
    assert page.count(f"a fox at dusk {'x' * 145}…<") == ROWS
    assert page.count(f"Present · Refused: {'m' * 299}…<") == ROWS


def test_its_own_page_shows_as_much_as_there_may_be_and_says_so(viewer: Person, tasks: list[TrackedTask]) -> None:
    TrackedTask.objects.filter(pk=tasks[0].pk).update(error="e" * 1_000_000)
    page = viewer.get(tasks[0].get_absolute_url()).content.decode()
    assert f"a fox at dusk {'x' * (LONGEST_PROMPT - 15)}…<" in page
    assert "The prompt is longer. The register keeps its first 20,000 characters." in page
    assert f"{'e' * (LONGEST_TEXT - 1)}…<" in page
    assert page.count('<figure class="picture">') == MOST_URLS
    short = viewer.get(TrackedTaskFactory(prompt="x" * LONGEST_PROMPT).get_absolute_url()).content.decode()
    assert "The prompt is longer." not in short
