"""What is selected on the list: ticked rows, what other filters keep, and whether it can be deleted."""

from __future__ import annotations

import re
import uuid

import pytest
from django.http import HttpResponse, QueryDict

from dashboard.register import outside, selecting
from dashboard.register.filters.filter import Filter
from dashboard.register.presses import select_all
from tests.conftest import Person
from tests.factories import SelectionFactory, TrackedTaskFactory
from tests.register.test_view_listing import text

pytestmark = pytest.mark.django_db

GONE = "This selection is not yours or no longer exists."


def test_ticked_rows_come_back_ticked(operator: Person) -> None:
    ticked, _ = TrackedTaskFactory.create_batch(2)
    selection = SelectionFactory(user=operator.user, tasks=[ticked])
    response = operator.get(f"/tasks/?selection={selection.uuid}")
    assert [task.task_id for task in response.context["page"]["rows"] if task.selected] == [ticked.task_id]
    assert response.context["selection"].words == "1 selected"


def test_all_matching_ticks_every_row_but_the_excluded_held_and_late_ones(operator: Person) -> None:
    plain, excluded = TrackedTaskFactory.create_batch(2)
    TrackedTaskFactory(held=True)
    selection = select_all(user=operator.user, filter=Filter())
    ticks = selecting.Ticks(selection=None, shown=[excluded.pk], ticked=[])
    selecting.tick(selection, ticks, user=operator.user)
    TrackedTaskFactory()
    response = operator.get(f"/tasks/?selection={selection.uuid}")
    rows = response.context["page"]["rows"]
    assert [task.pk for task in rows if task.selected] == [plain.pk]


def test_another_filter_keeps_the_selection_and_says_what_it_hides(operator: Person) -> None:
    selection = SelectionFactory(
        user=operator.user, tasks=[TrackedTaskFactory(), TrackedTaskFactory(video=True), TrackedTaskFactory(video=True)]
    )
    response = operator.get(f"/tasks/?kind=image&selection={selection.uuid}")
    assert "3 selected, 2 not in this view" in _toolbar(response)
    assert f'href="/tasks/?selection={selection.uuid}&amp;selected=1"' in _toolbar(response)
    assert "Delete 3 tasks…" in _toolbar(response)


def test_what_a_view_hides_is_named(operator: Person, htmx: dict[str, str]) -> None:
    hidden = [TrackedTaskFactory(task_id=f"hidden_{number}", video=True) for number in range(outside.NAMED + 2)]
    selection = SelectionFactory(user=operator.user, tasks=[TrackedTaskFactory(task_id="seen"), *hidden])
    query = f"kind=image&selection={selection.uuid}"
    bar = _toolbar(operator.get(f"/tasks/?{query}"))
    named = bar[bar.index('id="hidden-tasks"') :]
    for shown in (named, operator.get(f"/tasks/hidden/?{query}", headers=htmx).content.decode()):
        assert re.findall('<a class="mono" href="([^"]*)"', shown) == [
            task.get_absolute_url() for task in hidden[: outside.NAMED]
        ]
        assert "12 not in this view" in shown
        assert "and 2 more" in shown
    assert "hidden-tasks" not in _toolbar(operator.get(f"/tasks/?selection={selection.uuid}"))


def test_a_link_that_was_written_before_the_ticks_keeps_it_too(operator: Person) -> None:
    selection = SelectionFactory(user=operator.user, tasks=[TrackedTaskFactory(video=True)])
    before = {"Referer": f"http://testserver/tasks/?selection={selection.uuid}"}
    response = operator.get("/tasks/?kind=image", headers=before, follow=True)
    assert "1 selected, 1 not in this view" in _toolbar(response)


def test_where_nothing_matches_the_selection_is_shown_all_the_same(operator: Person) -> None:
    selection = SelectionFactory(user=operator.user, tasks=[TrackedTaskFactory(video=True)])
    response = operator.get(f"/tasks/?kind=image&selection={selection.uuid}")
    assert "1 selected, 1 not in this view" in _toolbar(response)
    assert "Delete 1 task…" in _toolbar(response)
    assert "No task matches" in text(response)


def test_another_order_keeps_the_selection(operator: Person) -> None:
    selection = SelectionFactory(user=operator.user, tasks=[TrackedTaskFactory()])
    before = {"Referer": f"http://testserver/tasks/?selection={selection.uuid}"}
    response = operator.get("/tasks/?sort=created", headers=before)
    assert response.headers["Location"] == f"/tasks/?sort=created&selection={selection.uuid}"


@pytest.mark.parametrize("before", ["http://elsewhere.example/tasks/", "http://testserver/deletions/", "http://[", ""])
def test_only_the_list_itself_hands_a_selection_on(operator: Person, before: str) -> None:
    selection = SelectionFactory(user=operator.user, tasks=[TrackedTaskFactory()])
    response = operator.get("/tasks/", headers={"Referer": f"{before}?selection={selection.uuid}"})
    assert response.status_code == 200
    assert response.context["selection"] is None


def test_a_foreign_or_forgotten_selection_is_not_used(operator: Person) -> None:
    TrackedTaskFactory()
    for unknown in (SelectionFactory(tasks=[TrackedTaskFactory()]).uuid, uuid.uuid4()):
        response = operator.get(f"/tasks/?selection={unknown}")
        assert GONE in text(response)
        assert response.context["selection"] is None


def _toolbar(response: HttpResponse) -> str:
    toolbar = text(response).split('id="toolbar"')[1]
    return " ".join(re.split(r'<div class="(?:table-box|empty)"', toolbar)[0].split()).replace(" , ", ", ")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("presence=deleted", "These tasks are deleted: there is nothing left to delete."),
        ("presence=missing", "TensorsLab no longer has these tasks: there is nothing to delete."),
        ("presence=deleting", "These tasks are being deleted already."),
        ("q=only_deleted", "This task can't be deleted now. Presence says why."),
        ("model=held", "None of these tasks can be deleted now. Presence says why."),
    ],
)
def test_where_nothing_can_be_deleted_it_says_why_and_has_no_button_for_it(
    operator: Person, htmx: dict[str, str], query: str, why: str
) -> None:
    TrackedTaskFactory(task_id="only_deleted", presence="deleted")
    TrackedTaskFactory(presence="missing")
    TrackedTaskFactory(presence="deleting")
    TrackedTaskFactory.create_batch(2, model="held", held=True)
    TrackedTaskFactory()
    toolbar = _toolbar(operator.get(f"/tasks/?{query}"))
    assert why in toolbar
    assert "Delete selected tasks…" not in toolbar
    assert "Update selection" not in toolbar
    # Also where all that matches was selected.
    answer = text(operator.post(f"/tasks/selection/?{query}", {"action": "all", "shown": shown(query)}, headers=htmx))
    assert "matching selected" in answer
    assert why in answer
    assert "Delete " not in answer


def shown(query: str) -> str:
    """As the page sends its rows back."""
    return ",".join(str(task.pk) for task in Filter.from_query(QueryDict(query)).queryset().order_by("-created_at"))


def test_where_something_can_be_deleted_the_button_is_there(operator: Person, htmx: dict[str, str], settings) -> None:
    settings.TASKS_PER_PAGE = 2
    TrackedTaskFactory()
    TrackedTaskFactory.create_batch(2, held=True)
    for url in ("/tasks/", "/tasks/?q=lighthouse"):
        # On the first page no row can be ticked, on the next one can.
        toolbar = _toolbar(operator.get(url))
        assert "Delete selected tasks…" in toolbar
        assert "can't be deleted" not in toolbar
    answer = text(operator.post("/tasks/selection/", {"action": "all", "shown": shown("")}, headers=htmx))
    assert "Delete 3 tasks…" in answer
