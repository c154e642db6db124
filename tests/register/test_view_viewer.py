from __future__ import annotations

import json
import re
from html import unescape
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.utils.html import strip_tags

from dashboard.media.models import Picture, State
from dashboard.register import selecting
from dashboard.register.models import Selection, Star, TrackedTask
from tests.conftest import Person
from tests.factories import SelectionFactory, TrackedTaskFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def viewer_of(task: TrackedTask, query: str = "") -> str:
    return f"/tasks/viewer/{task.pk}/{'?' if query else ''}{query}"


def words(response: HttpResponse) -> str:
    return " ".join(unescape(strip_tags(response.content.decode())).split())


WAYS = {"Previous": "viewer-prev", "Next": "viewer-next", "Close": "viewer-close"}


def way(response: HttpResponse, name: str) -> str:
    """Where the link of that name leads; empty where there is none."""
    found = re.search(rf'<a [^>]*id="{WAYS[name]}" href="([^"]*)"[^>]*>(.*?)</a>', page(response))
    assert found is None or strip_tags(found[2]).split() == [name]
    return unescape(found[1]) if found else ""


def page(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def stored(task: TrackedTask, token: str, **values: object) -> TrackedTask:
    """With a picture of ours."""
    Picture.objects.create(task=task, state=State.STORED, token=token * 32, width=1024, height=768, **values)
    return task


def chosen(selection: Selection) -> set[TrackedTask]:
    selection.refresh_from_db()
    return set(selecting.selected(selection))


def tick(person: Person, task: TrackedTask, *, on: bool, selection: str = "", **more: object) -> HttpResponse:
    posted = {"shown": task.pk, "selection": selection} | ({"task": task.pk} if on else {})
    return person.post(f"/tasks/viewer/{task.pk}/tick/", posted, **more)


def test_it_shows_one_task_with_its_facts(viewer: Person) -> None:
    task = TrackedTaskFactory(task_id="abcd_1", prompt="A red kite", model="seedreamv5", status="failed")
    response = viewer.get(viewer_of(stored(task, "a")))
    for fact in ("abcd_1", "A red kite", "Image · seedreamv5", "Failed", "Present", "1024 × 1024"):
        assert fact in words(response)
    still = f'id="still" src="/media/{"a" * 32}/large.webp" alt="A red kite" width="1024" height="768"'
    assert still in page(response)
    assert 'href="/tasks/image/abcd_1/"' in page(response)


def test_a_film_has_its_controls(viewer: Person) -> None:
    task = stored(TrackedTaskFactory(video=True), "b", film="mp4", frames=12, original=14_000)
    film = f'<video id="film" controls [^>]*src="/media/{"b" * 32}/film.mp4"'
    assert re.search(film, page(viewer.get(viewer_of(task))))


def test_a_picture_that_is_yet_to_come_is_asked_for(viewer: Person, settings) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    task = TrackedTaskFactory(urls=["https://cdn.example.com/a.png"])
    shown = page(viewer.get(viewer_of(task)))
    assert "Not fetched yet" in shown
    assert 'hx-target="#stage"' in shown


def test_it_walks_the_filtered_list_over_its_pages(viewer: Person, settings) -> None:
    settings.TASKS_PER_PAGE = 2
    tasks = [TrackedTaskFactory(task_id=f"abcd_{number}") for number in range(5)]
    TrackedTaskFactory(task_id="another", video=True)
    path, seen = viewer_of(tasks[4], "kind=image"), []
    while path:
        response = viewer.get(path)
        seen.append(response.context["task"].task_id)
        path = way(response, "Next")
    assert seen == ["abcd_4", "abcd_3", "abcd_2", "abcd_1", "abcd_0"]
    assert "kind=image" in way(response, "Previous")
    assert viewer.get(way(response, "Previous")).context["task"] == tasks[1]


def test_it_walks_in_the_lists_order_and_by_its_words(viewer: Person) -> None:
    first = TrackedTaskFactory(prompt="a red kite")
    TrackedTaskFactory(prompt="a fox")
    last = TrackedTaskFactory(prompt="another red kite")
    response = viewer.get(viewer_of(first, "q=red+kite&sort=created"))
    assert way(response, "Previous") == ""
    assert way(response, "Next") == viewer_of(last, "q=red+kite&sort=created")


def test_what_comes_next_is_fetched_before_it_is_asked_for(viewer: Person) -> None:
    _one, _two, three, _four = (stored(TrackedTaskFactory(), token) for token in "1234")
    fetched = " ".join(f"/media/{token * 32}/large.webp" for token in "24")
    assert f'data-next-up="{fetched} "' in page(viewer.get(viewer_of(three)))


def test_at_an_end_of_the_list_there_is_no_way_on(viewer: Person) -> None:
    response = viewer.get(viewer_of(TrackedTaskFactory()))
    assert way(response, "Next") == way(response, "Previous") == ""
    assert page(response).count("disabled>") == 2


def test_from_one_that_left_the_list_its_neighbours_are_there(viewer: Person) -> None:
    older, gone, newer = TrackedTaskFactory(), TrackedTaskFactory(deleted=True), TrackedTaskFactory()
    response = viewer.get(viewer_of(gone))
    assert way(response, "Previous") == viewer_of(newer)
    assert way(response, "Next") == viewer_of(older)


def test_the_filmstrip_shows_the_neighbours_and_which_are_selected(operator: Person) -> None:
    tasks = [TrackedTaskFactory() for _ in range(20)]
    selection = SelectionFactory(user=operator.user, tasks=[tasks[9]])
    response = operator.get(viewer_of(tasks[10], f"selection={selection.uuid}"))
    assert [one["task"] for one in response.context["strip"]] == tasks[17:2:-1]
    assert page(response).count("in-strip ticked") == 1
    assert f'id="frame-{tasks[10].pk}"' in page(response)
    assert page(response).count("in-strip far") == 8


def test_close_leads_to_the_page_of_the_list_that_begins_with_it(viewer: Person, settings) -> None:
    settings.TASKS_PER_PAGE = 2
    tasks = [TrackedTaskFactory() for _ in range(6)]
    response = viewer.get(viewer_of(tasks[2], "kind=image"))
    listed = viewer.get(way(response, "Close"))
    assert listed.context["page"]["rows"] == [tasks[2], tasks[1]]
    assert "kind=image" in way(response, "Close")
    assert way(viewer.get(viewer_of(tasks[5])), "Close") == "/tasks/"


def test_within_the_list_it_is_a_part_with_buttons(viewer: Person, htmx: dict[str, str]) -> None:
    older, task = TrackedTaskFactory(), TrackedTaskFactory()
    response = viewer.get(viewer_of(task), headers=htmx)
    assert "<html" not in page(response)
    # What begins as a dialog is taken for the one of a deletion.
    assert not response.content.decode().lstrip().startswith("<dialog")
    assert f'data-go="{viewer_of(older)}"' in page(response)
    assert re.search(r"<button [^>]*data-closes>", page(response))


def test_it_ticks_and_takes_the_tick_away(operator: Person) -> None:
    task = TrackedTaskFactory()
    response = tick(operator, task, on=True)
    selection = Selection.objects.get(user=operator.user)
    assert (response.status_code, response.headers["Location"]) == (303, viewer_of(task, f"selection={selection.uuid}"))
    assert chosen(selection) == {task}
    shown = page(operator.get(response.headers["Location"]))
    assert 'aria-pressed="true"' in shown
    assert f'name="task" value="{task.pk}"' not in shown
    response = tick(operator, task, on=False, selection=str(selection.uuid))
    assert 'aria-pressed="false"' in page(operator.get(response.headers["Location"]))
    assert not chosen(selection)


def test_it_leaves_what_else_is_selected(operator: Person) -> None:
    other, task = TrackedTaskFactory(), TrackedTaskFactory()
    selection = SelectionFactory(user=operator.user, tasks=[other])
    tick(operator, task, on=True, selection=str(selection.uuid))
    assert chosen(selection) == {other, task}


def test_within_the_list_a_tick_says_which_selection_it_is_in(operator: Person, htmx: dict[str, str]) -> None:
    task = TrackedTaskFactory()
    response = tick(operator, task, on=True, headers=htmx)
    told = json.loads(response.headers["HX-Trigger"])["viewer-ticked"]
    assert response.status_code == 204
    assert (told["task"], told["told"]) == (task.pk, "")
    assert chosen(Selection.objects.get(uuid=UUID(told["selection"]))) == {task}


def test_it_ticks_no_other_task_and_none_that_may_not_go(operator: Person) -> None:
    task, held = TrackedTaskFactory(), TrackedTaskFactory(held=True)
    response = operator.post(f"/tasks/viewer/{task.pk}/tick/", {"shown": held.pk, "task": held.pk})
    assert response.status_code == 422
    tick(operator, held, on=True)
    assert not any(map(chosen, Selection.objects.all()))
    assert 'disabled title="Held: Legal case 12"' in page(operator.get(viewer_of(held)))


def test_a_selection_of_somebody_else_is_not_touched(operator: Person) -> None:
    task, strange = TrackedTaskFactory(), SelectionFactory()
    tick(operator, task, on=True, selection=str(strange.uuid))
    assert not chosen(strange)
    assert chosen(Selection.objects.get(user=operator.user)) == {task}


def test_a_viewer_selects_nothing(viewer: Person) -> None:
    task = TrackedTaskFactory()
    assert "viewer-select" not in page(viewer.get(viewer_of(task)))
    assert tick(viewer, task, on=True).status_code == 403


def test_it_stars_and_takes_the_star_away(operator: Person, htmx: dict[str, str]) -> None:
    task = TrackedTaskFactory()
    star = f"/tasks/viewer/{task.pk}/star/?kind=image"
    assert f'action="{star}"' in page(operator.get(viewer_of(task, "kind=image")))
    response = operator.post(star, {"starred": "yes"})
    assert (response.status_code, response.headers["Location"]) == (303, viewer_of(task, "kind=image"))
    assert Star.objects.get().by == "olga"
    response = operator.post(star, {"starred": "no"}, headers=htmx)
    assert not Star.objects.exists()
    assert 'value="yes"' in page(response)
    assert f'id="star-{task.pk}" class="star" type="submit" name="star"' in page(response)


def test_a_viewer_stars_nothing(viewer: Person) -> None:
    task = TrackedTaskFactory()
    assert "viewer-star" not in page(viewer.get(viewer_of(task)))
    assert viewer.post(f"/tasks/viewer/{task.pk}/star/", {"starred": "yes"}).status_code == 403


@pytest.mark.parametrize("query", ["kind=audio", "nonsense=1", "cursor=2", "selection=2", "view=cards"])
def test_a_list_that_can_not_be_is_refused(operator: Person, query: str) -> None:
    task = TrackedTaskFactory()
    assert operator.get(viewer_of(task, query)).status_code == 400
    posted = {"shown": task.pk, "task": task.pk}
    assert operator.post(f"/tasks/viewer/{task.pk}/tick/?{query}", posted).status_code == 400


@pytest.mark.parametrize("number", ["0", "999999", "9" * 40])
def test_a_number_without_a_task_answers_404(viewer: Person, number: str) -> None:
    TrackedTaskFactory()
    assert viewer.get(f"/tasks/viewer/{number}/").status_code == 404


def test_markup_is_shown_as_text(operator: Person) -> None:
    evil = "<script>alert(1)</script>"
    task = TrackedTaskFactory(task_id=evil, prompt=evil, model=evil, error=evil, created_at=None, created_raw=evil)
    assert "<script>alert" not in page(operator.get(viewer_of(task)))
