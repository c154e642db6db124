from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse, QueryDict
from django.utils import timezone

from dashboard.register import presses, selecting
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Selection, TrackedTask
from tests.conftest import Person
from tests.factories import SelectionFactory, TrackedTaskFactory, UserFactory
from tests.statements import after

pytestmark = pytest.mark.django_db


def press(
    person: Person,
    action: str,
    *,
    shown: list[TrackedTask] = (),
    ticked: list[TrackedTask] = (),
    selection: object = "",
    query: str = "",
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    data = {
        "action": action,
        "selection": str(selection),
        "shown": ",".join(str(task.pk) for task in shown),
        "task": [str(task.pk) for task in ticked],
    }
    return person.post(f"/tasks/selection/?{query}", data, headers=headers or {})


def where(response: HttpResponse) -> QueryDict:
    """The query of the list page it leads to."""
    assert response.status_code == 303
    path, _, query = response.headers["Location"].partition("?")
    assert path == "/tasks/"
    return QueryDict(query)


def test_update_keeps_the_ticks_and_the_place(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    place = where(press(operator, "update", shown=tasks, ticked=tasks[:2], query="kind=image&sort=created"))
    assert (place["kind"], place["sort"]) == ("image", "created")
    selection = Selection.objects.get(uuid=place["selection"])
    assert selection.user == operator.user
    assert set(selecting.selected(selection)) == set(tasks[:2])


def test_older_and_newer_keep_the_ticks_on_the_way(operator: Person) -> None:
    TrackedTaskFactory.create_batch(60)
    first = operator.get("/tasks/").context["page"]["rows"]
    place = where(press(operator, "older", shown=first, ticked=first[:2]))
    second = operator.get(f"/tasks/?{place.urlencode()}").context["page"]["rows"]
    place = where(
        press(operator, "newer", shown=second, ticked=second[:1], selection=place["selection"], query=place.urlencode())
    )
    back = operator.get(f"/tasks/?{place.urlencode()}")
    assert [row.pk for row in back.context["page"]["rows"]] == [row.pk for row in first]
    assert [row.pk for row in back.context["page"]["rows"] if row.selected] == [row.pk for row in first[:2]]
    assert back.context["selection"].words == "3 selected"


def test_all_takes_what_matches_on_every_page(operator: Person) -> None:
    TrackedTaskFactory.create_batch(60)
    TrackedTaskFactory.create_batch(2, video=True)
    place = where(press(operator, "all", query="kind=image"))
    page = operator.get(f"/tasks/?{place.urlencode()}")
    assert page.context["selection"].words == "All 60 matching selected"
    assert "All 60 matching selected" in page.content.decode()


def test_unticking_under_all_excludes(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(4)
    selection = presses.select_all(user=operator.user, filter=Filter())
    place = where(press(operator, "update", shown=tasks, ticked=tasks[1:], selection=selection.uuid))
    page = operator.get(f"/tasks/?{place.urlencode()}")
    assert page.context["selection"].words == "3 selected, 1 excluded"


def test_clear_leaves_no_selection(operator: Person) -> None:
    selection = SelectionFactory(user=operator.user, tasks=[TrackedTaskFactory()])
    assert "selection" not in where(press(operator, "clear", selection=selection.uuid))
    assert "Nothing selected" in operator.get("/tasks/").content.decode()


def test_the_last_tick_taken_back_leaves_nothing_selected_and_the_same_address(operator: Person) -> None:
    task = TrackedTaskFactory()
    selection = SelectionFactory(user=operator.user, tasks=[task])
    place = where(press(operator, "update", shown=[task], selection=selection.uuid))
    assert place["selection"] == str(selection.uuid)
    page = operator.get(f"/tasks/?{place.urlencode()}").content.decode()
    assert "Nothing selected" in page
    assert 'id="clear-selection"' not in page


def test_what_was_ticked_under_another_filter_stays(operator: Person) -> None:
    hidden, task = TrackedTaskFactory(video=True), TrackedTaskFactory()
    old = SelectionFactory(user=operator.user, tasks=[hidden])
    place = where(press(operator, "update", shown=[task], ticked=[task], selection=old.uuid, query="kind=image"))
    assert place["selection"] == str(old.uuid)
    assert set(selecting.selected(old)) == {hidden, task}


def test_htmx_gets_toolbar_and_pager_and_never_the_table(operator: Person, htmx: dict[str, str]) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    response = press(operator, "update", shown=tasks, ticked=tasks[:2], headers=htmx)
    page = response.content.decode()
    assert response.status_code == 200
    assert 'id="toolbar"' in page
    assert 'id="pager"' in page
    assert "<table" not in page
    assert "2 selected" in page
    selection = Selection.objects.get()
    assert f'value="{selection.uuid}"' in page
    assert response.headers["HX-Replace-Url"] == f"/tasks/?selection={selection.uuid}"


def test_htmx_keeps_to_the_rows_that_are_shown(operator: Person, htmx: dict[str, str]) -> None:
    seen = TrackedTaskFactory.create_batch(2)
    TrackedTaskFactory()
    response = press(operator, "update", shown=seen, ticked=seen, headers=htmx)
    assert response.context["page"]["shown"] == f"{seen[0].pk},{seen[1].pk}"


@pytest.mark.once
@pytest.mark.parametrize("whose", ["cleared", "pruned", "another person's"])
def test_a_forgotten_selection_begins_anew_with_the_next_tick(operator: Person, htmx: dict[str, str], whose) -> None:
    task, *others = TrackedTaskFactory.create_batch(4)
    before = SelectionFactory(user=UserFactory() if whose == "another person's" else operator.user, tasks=[task])
    if whose == "cleared":
        press(operator, "clear", selection=before.uuid)
    elif whose == "pruned":
        Selection.objects.update(changed_at=timezone.now() - timedelta(days=8))
        press(operator, "update", shown=[task], ticked=[task])
    for headers in (htmx, {}):
        response = press(
            operator,
            "update",
            shown=[task, *others],
            ticked=[task, *others[:2]],
            selection=before.uuid,
            headers=headers,
        )
        content = response.content.decode() if headers else operator.get(response["Location"]).content.decode()
        assert "3 selected" in content
        assert "What was selected before is no longer kept" in content
        selection = Selection.objects.latest("pk")
        assert (selection.user, set(selecting.selected(selection))) == (operator.user, {task, *others[:2]})
        assert f'value="{selection.uuid}"' in content
        response = press(operator, "update", shown=others, ticked=others, selection=selection.uuid, headers=htmx)
        assert "4 selected" in response.content.decode()
        assert "no longer kept" not in response.content.decode()
    if whose == "another person's":
        assert list(selecting.selected(before)) == [task]


@pytest.mark.parametrize("action", ["all", "older", "newer", "sort", "clear"])
def test_every_button_works_beside_a_forgotten_selection(operator: Person, htmx: dict[str, str], action: str) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    place = where(press(operator, action, shown=tasks, ticked=tasks[:2], selection=uuid.uuid4()))
    words = operator.get(f"/tasks/?{place.urlencode()}").context["selection"]
    wanted = {"all": "All 3 matching selected", "clear": None}.get(action, "2 selected")
    assert (words and words.words) == wanted
    assert press(operator, action, shown=tasks, selection=uuid.uuid4(), headers=htmx).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_it_is_cleared_by_another_tab_just_when_this_one_ticks(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    before = SelectionFactory(user=operator.user, tasks=tasks[:1])
    with after('SELECT .* FROM "register_selection"', Selection.objects.filter(pk=before.pk).delete):
        place = where(press(operator, "update", shown=tasks, ticked=tasks, selection=before.uuid))
    assert not Selection.objects.filter(pk=before.pk).exists()
    assert set(selecting.selected(Selection.objects.get(uuid=place["selection"]))) == set(tasks)


@pytest.mark.parametrize(
    "data",
    [
        {"action": "update", "selection": "mine"},
        {"action": "update", "shown": "1,x"},
        {"action": "update", "shown": "1", "task": "2"},
    ],
)
def test_a_form_that_no_page_sends_is_refused(operator: Person, data: dict[str, str]) -> None:
    response = operator.post("/tasks/selection/", data)
    assert response.status_code == 422
    assert "<table" not in response.content.decode()
    assert not Selection.objects.exists()


def test_a_mistyped_filter_selects_nothing(operator: Person) -> None:
    TrackedTaskFactory()
    for query in ("statuss=failed", "kind=audio", "created_after=soon"):
        assert press(operator, "all", query=query).status_code == 400
    assert not Selection.objects.exists()


def test_an_unknown_button_is_refused(operator: Person) -> None:
    assert press(operator, "everything").status_code == 400
    assert operator.post("/tasks/selection/").status_code == 400


def test_a_viewer_may_not_select(viewer: Person, htmx: dict[str, str]) -> None:
    for headers in ({}, htmx):
        assert press(viewer, "all", headers=headers).status_code == 403
    assert not Selection.objects.exists()


def test_a_stranger_is_sent_to_the_sign_in(stranger: Person, htmx: dict[str, str]) -> None:
    assert press(stranger, "all").headers["Location"].startswith("/login/")
    assert press(stranger, "all", headers=htmx).headers["HX-Redirect"].startswith("/login/")


def test_it_only_answers_post(operator: Person) -> None:
    assert operator.get("/tasks/selection/").status_code == 405


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rows_of_an_import_in_flight_never_slip_in_below(operator: Person) -> None:
    importing = connection.copy()
    importing.set_autocommit(False)
    with importing.cursor() as cursor:
        # Its row number is taken, and nobody else sees the row yet.
        cursor.execute("SELECT nextval(pg_get_serial_sequence('register_trackedtask', 'id'))")
        number = cursor.fetchone()[0]
        early = TrackedTaskFactory.build(pk=number, urls=[])
        written = TrackedTask._meta.concrete_fields
        fields = [field for field in written if getattr(early, field.attname) is not None]
        names = ", ".join(field.column for field in fields)
        holes = ", ".join(["%s"] * len(fields))
        values = [field.get_db_prep_save(getattr(early, field.attname), connection) for field in fields]
        cursor.execute(f"INSERT INTO register_trackedtask ({names}) VALUES ({holes})", values)
    later = TrackedTaskFactory()
    assert later.pk > number
    place = where(press(operator, "all", shown=[later]))
    importing.commit()
    importing.close()
    assert list(selecting.selected(Selection.objects.get(uuid=place["selection"]))) == [later]


def test_htmx_follows_a_link_of_the_list_only_after_the_ticks_are_kept(operator: Person, htmx: dict[str, str]) -> None:
    tasks = TrackedTaskFactory.create_batch(60)
    first = tasks[::-1][:50]
    for action, place in (("older", "cursor="), ("sort", "sort=created")):
        response = press(operator, action, shown=first, ticked=first[:2], headers=htmx)
        location = json.loads(response.headers["HX-Location"])
        assert place in location["path"]
        assert location["target"] == "#main"
        assert Selection.objects.latest("pk").count == 2


def test_the_total_in_the_heading_comes_along_with_the_toolbar(operator: Person, htmx: dict[str, str]) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    content = press(operator, "update", shown=tasks, ticked=tasks[:1], headers=htmx).content.decode()
    total = content[content.index('<p id="total"') :]
    assert 'hx-swap-oob="true"' in total
    assert "3 match" in total
    assert "Select all 3 matching" in content
