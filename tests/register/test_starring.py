from __future__ import annotations

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.register import starring
from dashboard.register.models import Star, TrackedTask
from tests.conftest import Person
from tests.factories import SelectionFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str, object]]:
    events = AuditEvent.objects.filter(action__startswith="tasks.").order_by("sequence")
    return [(event.action, event.actor, event.detail["tasks"]) for event in events]


def test_a_task_has_one_star_with_who_and_when_and_the_log_tells(operator: Person) -> None:
    task = TrackedTaskFactory()
    for answer in ("yes", "yes", "no", "no"):
        response = operator.post("/tasks/star/", {"task": task.pk, "starred": answer})
        assert response["Location"] == task.get_absolute_url()
        page = operator.get(task.get_absolute_url()).content.decode()
        assert (f"Starred by <bdi>{operator.user.username}" in page) == (answer == "yes")
        assert (">Unstar</button>" in page) == (answer == "yes")
        assert list(Star.objects.values_list("task", "by")) == (
            [(task.pk, operator.user.username)] if answer == "yes" else []
        )
    who, which = operator.user.username, [[task.kind, task.task_id]]
    assert told() == [("tasks.starred", who, which), ("tasks.unstarred", who, which)]


def test_a_row_is_starred_in_place_and_its_page_keeps_its_ticks(operator: Person, htmx: dict[str, str]) -> None:
    task, ticked = TrackedTaskFactory.create_batch(2)
    posted = {"star": task.pk, "shown": f"{task.pk},{ticked.pk}", "known": "", "task": ticked.pk}
    content = operator.post("/tasks/selection/", posted, headers=htmx).content.decode()
    assert "1 selected" in content
    assert f'id="star-{task.pk}" class="star" type="submit" name="unstar"' in content
    assert Star.objects.get().task == task
    operator.post("/tasks/selection/", {**posted, "star": "", "unstar": task.pk}, headers=htmx)
    assert not Star.objects.exists()


def test_all_that_is_selected_is_starred_at_once(operator: Person, monkeypatch) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    starring.star([tasks[0].pk], actor="li", address="")
    selection = SelectionFactory(user=operator.user, tasks=tasks)
    posted = {"selection": str(selection.uuid), "shown": ""}
    operator.post("/tasks/selection/", {**posted, "action": "star"})
    assert set(Star.objects.values_list("task", "by")) == {
        (tasks[0].pk, "li"),
        *((task.pk, operator.user.username) for task in tasks[1:]),
    }
    operator.post("/tasks/selection/", {**posted, "action": "unstar"})
    assert not Star.objects.exists()
    monkeypatch.setattr(starring, "MOST", 2)
    response = operator.post("/tasks/selection/", {**posted, "action": "star"})
    assert response.status_code == 422
    assert "At most 2 tasks" in response.content.decode()


def test_the_toolbar_says_what_it_left_out_and_takes_it_when_asked(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(4)
    starring.star([tasks[0].pk], actor="li", address="")
    page = " ".join(operator.get("/tasks/").content.decode().split())
    assert "Select all 4 matching" in page
    assert "Include 1 starred" in page
    response = operator.post("/tasks/selection/", {"action": "all", "shown": ""}, follow=True)
    page = " ".join(response.content.decode().split())
    assert "3 selected" in page
    assert "1 starred left out" in page
    posted = {"action": "all", "shown": "", "include_starred": "1"}
    response = operator.post("/tasks/selection/", posted, follow=True)
    assert "All 4 matching selected" in response.content.decode()


@pytest.mark.parametrize(("query", "wanted"), [("starred=yes", [0]), ("starred=no", [1, 2]), ("", [0, 1, 2])])
def test_a_filter_finds_them(viewer: Person, query: str, wanted: list[int]) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    starring.star([tasks[0].pk], actor="li", address="")
    response = viewer.get(f"/tasks/?{query}")
    rows: list[TrackedTask] = response.context["page"]["rows"]
    assert {row.pk for row in rows} == {tasks[place].pk for place in wanted}
    assert [row.pk for row in rows if row.starred] == ([tasks[0].pk] if 0 in wanted else [])
    assert response.context["count"].number == len(wanted)


def test_another_value_is_refused(viewer: Person) -> None:
    response = viewer.get("/tasks/?starred=maybe")
    assert response.status_code == 400
    assert "Starred: “maybe” is not one of yes or no." in response.content.decode()


def test_a_viewer_sees_the_star_and_may_not_change_it(viewer: Person) -> None:
    task = TrackedTaskFactory()
    starring.star([task.pk], actor="li", address="")
    page = viewer.get("/tasks/").content.decode()
    assert "Starred</span>" in page
    assert 'name="unstar"' not in page
    assert viewer.post("/tasks/star/", {"task": task.pk, "starred": "no"}).status_code == 403
    assert Star.objects.exists()
