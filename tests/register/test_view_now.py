from __future__ import annotations

import re
import uuid
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse

from dashboard.register import presses, selecting
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Selection, TrackedTask
from tests.conftest import Person
from tests.factories import DeletionFactory, SelectionFactory, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db


def now(
    person: Person, shown: list[TrackedTask], *, selection: object = "", query: str = "", seen: str = ""
) -> HttpResponse:
    data = {"shown": ",".join(str(task.pk) for task in shown), "selection": str(selection), "seen": seen}
    return person.get(f"/tasks/now/?{query}&{urlencode(data)}", headers={"HX-Request": "true"})


def ticked(content: str) -> set[int]:
    """The boxes that the page is told to show as ticked."""
    found = re.search(r'data-ticked="([0-9,]*)"', content)
    assert found
    return {int(number) for number in found[1].split(",") if number}


def test_it_tells_boxes_count_and_buttons_as_the_server_knows_them(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(5)
    selection = SelectionFactory(user=operator.user, tasks=tasks[:3])
    content = now(operator, tasks[2:], selection=selection.uuid).content.decode()
    assert ticked(content) == {tasks[2].pk}
    assert "3 selected" in content
    assert "Delete 3 tasks…" in content
    assert "Select all 5 matching" in content
    assert "<table" not in content


def test_under_all_it_tells_what_is_not_excluded(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    selection = presses.select_all(user=operator.user, filter=Filter())
    ticks = selecting.Ticks(selection=None, shown=[tasks[0].pk], ticked=[])
    selecting.tick(selection, ticks, user=operator.user)
    added_later = TrackedTaskFactory()
    content = now(operator, [*tasks, added_later], selection=selection.uuid).content.decode()
    assert ticked(content) == {tasks[1].pk, tasks[2].pk}
    assert "2 selected, 1 excluded" in content


@pytest.mark.parametrize("whose", ["another person's", "nobody's"])
def test_of_a_forgotten_selection_nothing_is_ticked(operator: Person, whose: str) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    owner = UserFactory() if whose == "another person's" else operator.user
    selection = SelectionFactory(user=owner, tasks=tasks)
    number = uuid.uuid4() if whose == "nobody's" else selection.uuid
    response = now(operator, tasks, selection=number)
    assert ticked(response.content.decode()) == set()
    assert "Nothing selected" in response.content.decode()
    assert re.search(r'name="selection"\s+value=""', response.content.decode())
    assert response["HX-Replace-Url"] == "/tasks/"
    assert set(selecting.selected(selection)) == set(tasks)


def test_a_tick_is_answered_with_what_could_be_ticked(operator: Person, htmx: dict[str, str]) -> None:
    free, taken, held = TrackedTaskFactory(), TrackedTaskFactory(presence="deleting"), TrackedTaskFactory(held=True)
    shown = ",".join(str(task.pk) for task in (free, taken, held))
    posted = {"action": "update", "shown": shown, "task": [free.pk, taken.pk, held.pk]}
    content = operator.post("/tasks/selection/", posted, headers=htmx).content.decode()
    assert ticked(content) == {free.pk}
    assert "1 selected" in content
    for task, reason in ((taken, "Being deleted"), (held, "Held: Legal case 12")):
        cell = content[content.index(f'id="presence-{task.pk}"') :].split("</div>")[0]
        assert 'data-deletable="no"' in cell
        assert f'data-blocked="{reason}"' in cell


def test_what_the_page_has_is_not_sent_again(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    first = now(operator, tasks).content.decode()
    found = re.search(r'name="seen" value="([0-9a-f]{16})"', first)
    assert found
    seen = found[1]
    again = now(operator, tasks, seen=seen)
    assert (again.status_code, "HX-Replace-Url" in again) == (204, False)
    TrackedTask.objects.filter(pk=tasks[0].pk).update(presence="deleted")
    assert now(operator, tasks, seen=seen).status_code == 200


def test_rows_that_left_the_list_lead_to_the_current_one(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(4)
    assert "Show current" not in now(operator, tasks, query="kind=image").content.decode()
    TrackedTask.objects.filter(pk__in=[tasks[0].pk, tasks[1].pk]).update(presence="deleted")
    TrackedTask.objects.filter(pk=tasks[2].pk).update(presence="deleting")
    content = now(operator, tasks, query="kind=image").content.decode()
    assert "2 match" in content
    assert "Select all 2 matching" in content
    assert "2 of these rows are no longer in the list" in content
    assert '<a class="button" href="/tasks/?kind=image">Show current</a>' in content
    page = operator.get("/tasks/?kind=image").content.decode()
    assert "Show current" not in page
    # Under “Present” what is being deleted has left, too.
    content = now(operator, tasks, query="presence=present").content.decode()
    assert "1 match" in content
    assert "3 of these rows are no longer in the list" in content
    assert "Show current" not in now(operator, tasks[:1], query=f"q={tasks[0].task_id}").content.decode()


def test_an_empty_list_leads_to_what_came_back(operator: Person) -> None:
    assert "Show current" not in now(operator, [], query="presence=present").content.decode()
    TrackedTaskFactory()
    content = now(operator, [], query="presence=present").content.decode()
    assert "1 match" in content
    assert "Show current" in content


def test_all_gone_the_current_list_is_another_page(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(60)
    older = operator.get("/tasks/").context["page"]["older_url"]
    TrackedTask.objects.filter(pk__lte=tasks[9].pk).update(presence="deleted")
    page = now(operator, tasks[:10][::-1], query=older.partition("?")[2]).content.decode()
    link = page[: page.index(">Show current")].rpartition('href="')[2].rstrip('"').replace("&amp;", "&")
    assert operator.get(link).headers["Location"] == "/tasks/"


def test_deletions_under_way_are_counted_beside_it(operator: Person) -> None:
    DeletionFactory(running=True)
    content = now(operator, []).content.decode()
    assert '1<span class="words"> in flight</span>' in content


def test_what_no_page_asks_is_refused(operator: Person) -> None:
    assert now(operator, [], query="kind=audio").status_code == 400
    assert operator.get("/tasks/now/", {"shown": "1,x"}).status_code == 422
    assert not Selection.objects.exists()


def test_a_viewer_sees_counts_and_no_boxes(viewer: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    content = now(viewer, tasks).content.decode()
    assert "2 match" in content
    assert "data-ticked" not in content


def test_it_makes_a_constant_number_of_queries(operator: Person, django_assert_max_num_queries) -> None:
    tasks = TrackedTaskFactory.create_batch(50)
    selection = SelectionFactory(user=operator.user, tasks=tasks)
    now(operator, tasks, selection=selection.uuid)
    with django_assert_max_num_queries(14):
        now(operator, tasks, selection=selection.uuid)
