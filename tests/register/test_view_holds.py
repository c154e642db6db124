"""Hold… and Release…: from a task's page, the viewer and the list, with and without htmx."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.register.holding import placing, showing
from dashboard.register.models import Hold, HoldRelease, TrackedTask
from tests.conftest import Person
from tests.factories import SelectionFactory, TrackedTaskFactory, UserFactory
from tests.register.holding.conftest import shown

pytestmark = pytest.mark.django_db
NEW, RELEASE = "/holds/new/", "/holds/release/"


@pytest.fixture
def approver() -> Person:
    return Person.signed_in(UserFactory(username="anna", role="approver"))


def page(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def ticked(*tasks: TrackedTask) -> dict[str, object]:
    return {"shown": ",".join(str(task.pk) for task in tasks), "task": [task.pk for task in tasks]}


def ask(person: Person, *tasks: TrackedTask, at: str = NEW) -> str:
    """The address of the question about these, as the list asks it."""
    response = person.post(at, ticked(*tasks))
    assert response.status_code == 303, page(response)
    return response.url


def hold(person: Person, *tasks: TrackedTask, reason: str = "Legal case 12") -> Hold:
    for task in tasks:
        url = person.post(NEW, {"one": task.pk}).url
        assert person.post(url, {"reason": reason}).status_code == 303
    return Hold.objects.latest("pk")


def test_what_is_ticked_is_held_without_htmx(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    response = operator.post(f"{NEW}?kind=image", ticked(*tasks[:2]))
    assert (response.status_code, Hold.objects.count()) == (303, 0)
    question = page(operator.get(response.url))
    assert '<h1 id="ask-title">Hold 2 tasks?</h1>' in question
    assert ">Hold 2 tasks</button>" in question
    # Ticked after that, and not part of it.
    operator.post("/tasks/selection/?kind=image", {"action": "all", "shown": ""})
    answer = operator.post(response.url, {"reason": "Legal case 12", "until": "2099-01-31"}, follow=True)
    assert answer.redirect_chain == [("/tasks/?kind=image", 303)]
    assert "Held 2 tasks." in page(answer)
    assert shown(*tasks) == [("olga", "Legal case 12")] * 2 + [("", "")]
    assert str(Hold.objects.get().until) == "2099-01-31 23:59:59.999999+00:00"
    event = AuditEvent.objects.get(action="hold.placed")
    assert (event.actor, event.address, event.detail["tasks"]) == ("olga", "127.0.0.1", 2)


@pytest.mark.once
def test_with_htmx_it_is_a_dialog_and_the_page_hears_when_it_is_done(operator: Person, htmx: dict[str, str]) -> None:
    task = TrackedTaskFactory()
    response = operator.post(f"{NEW}?q=lighthouse", ticked(task), headers=htmx)
    assert page(response).startswith("<dialog")
    assert '<h1 id="ask-title">Hold 1 task?</h1>' in page(response)
    # What changed on the page of the list comes along.
    assert 'id="toolbar"' in page(response)
    url = page(response).split('hx-post="/holds/new/')[1].split('"')[0]
    response = operator.post(f"/holds/new/{url}", {"reason": ""}, headers=htmx)
    assert response.status_code == 422
    assert "Give a reason. It stays with the tasks" in page(response)
    response = operator.post(f"/holds/new/{url}", {"reason": "Legal"}, headers=htmx)
    assert json.loads(response["HX-Trigger"]) == {"holds-changed": {"told": "Held 1 task."}}
    assert response["HX-Reswap"] == "none"
    assert shown(task) == [("olga", "Legal")]


def test_all_that_match_are_held_with_what_is_held_already_and_without_what_came_later(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    hold(operator, tasks[0], reason="First")
    response = operator.post("/tasks/selection/", {"action": "all", "shown": ""})
    selection = response.url.split("selection=")[1]
    url = operator.post(NEW, {"selection": selection, "shown": ""}).url
    late = TrackedTaskFactory()
    assert "Hold 3 tasks?" in page(operator.get(url))
    operator.post(url, {"reason": "Second"})
    assert shown(*tasks, late) == [("olga", "First"), ("olga", "Second"), ("olga", "Second"), ("", "")]
    assert Hold.objects.latest("pk").count == 3


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"reason": ""}, "Give a reason."),
        ({"reason": "\u200b\u3164"}, "Give a reason."),
        ({"reason": "x" * 501}, "The reason has 501 characters. Use at most 500."),
        ({"reason": "Legal", "until": "2020-01-01"}, "“2020-01-01” is over. Choose today or a later day"),
        ({"reason": "Legal", "until": "soon"}, "“soon” is not a day. Write it as YYYY-MM-DD."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(operator: Person, posted: dict[str, str], sentence: str) -> None:
    task = TrackedTaskFactory()
    url = ask(operator, task)
    response = operator.post(url, posted)
    assert response.status_code == 422
    assert sentence in page(response)
    assert 'aria-invalid="true"' in page(response)
    assert shown(task) == [("", "")]


def test_a_deleted_task_is_not_held(operator: Person) -> None:
    gone, missing = TrackedTaskFactory(deleted=True), TrackedTaskFactory(presence="missing")
    for task in (gone, missing):
        url = operator.post(NEW, {"one": task.pk}).url
        question = page(operator.get(url))
        assert "Nothing to hold" in question
        assert "1 of 1 is deleted or missing, and can" in question
        assert "ask-button" not in question
        assert operator.post(url, {"reason": "Legal"}).status_code == 422
        assert 'id="hold-task"' not in page(operator.get(task.get_absolute_url()))


def test_what_is_being_deleted_is_told(operator: Person) -> None:
    leaving = TrackedTaskFactory(presence="deleting")
    question = page(operator.get(operator.post(NEW, {"one": leaving.pk}).url))
    assert "1 is being deleted." in question
    assert "What has left already can" in question


def test_a_double_click_and_the_back_button_hold_once(operator: Person) -> None:
    task = TrackedTaskFactory()
    url = ask(operator, task)
    operator.post(url, {"reason": "Legal"})
    again = operator.post(url, {"reason": "Legal"})
    assert again.status_code == 409
    assert placing.TWICE in page(again)
    assert operator.get(url).url == Hold.objects.get().get_absolute_url()
    assert Hold.objects.count() == 1


def test_nothing_selected_a_foreign_set_and_none_are_refused(operator: Person, approver: Person) -> None:
    task = TrackedTaskFactory()
    assert operator.post(NEW, {"shown": ""}).status_code == 422
    assert operator.post(NEW, {"one": "x"}).status_code == 422
    assert operator.post(f"{NEW}?nothing=1", ticked(task)).status_code == 400
    assert approver.get(ask(operator, task)).status_code == 404
    assert operator.get(f"{NEW}{uuid4()}/").status_code == 404
    foreign = SelectionFactory(user=approver.user, tasks=[task])
    assert operator.post(NEW, {"selection": str(foreign.uuid), "shown": ""}).status_code == 422


@pytest.mark.once
def test_a_viewer_holds_nothing_and_an_operator_releases_nothing(viewer: Person, operator: Person) -> None:
    task = TrackedTaskFactory()
    row = hold(operator, task)
    assert viewer.post(NEW, {"one": task.pk}).status_code == 403
    shown_to_viewer = page(viewer.get(task.get_absolute_url()))
    assert "data-hold" not in shown_to_viewer
    assert "In force" in shown_to_viewer
    assert operator.post(RELEASE, {"one": task.pk}).status_code == 403
    assert operator.post(f"{row.get_absolute_url()}release/", {"reason": "Over", "seen": 1}).status_code == 403
    assert "Release…" not in page(operator.get(task.get_absolute_url()))


def test_its_page_tells_the_whole_history(approver: Person) -> None:
    task = TrackedTaskFactory()
    first = hold(approver, task, reason="First")
    hold(approver, task, reason="Second")
    url = approver.post(RELEASE, {"one": task.pk, "hold": first.pk}).url
    question = page(approver.get(url))
    assert "Release 1 task?" in question
    assert "Second" not in question
    answer = approver.post(url, {"reason": "No longer", "seen": "1"}, follow=True)
    assert answer.redirect_chain[0][0] == task.get_absolute_url()
    assert "Released 1 task. 1 of these is still held by another hold." in page(answer)
    history = page(answer).split('id="holds"')[1]
    assert "In force" in history.split("First")[0]
    assert "No longer" in history.split("First")[1]
    assert shown(task) == [("anna", "Second")]


def test_selected_tasks_are_released_with_exactly_as_many_as_were_told(approver: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    hold(approver, *tasks[:2])
    response = approver.post("/tasks/selection/", {"action": "all", "shown": ""})
    url = approver.post(RELEASE, {"selection": response.url.split("selection=")[1], "shown": ""}).url
    question = page(approver.get(url))
    assert "Release 2 tasks?" in question
    assert 'name="seen" value="2"' in question
    hold(approver, tasks[2])
    response = approver.post(url, {"reason": "Over", "seen": "2"})
    assert response.status_code == 409
    assert "Release 3 tasks?" in page(response)
    assert approver.post(url, {"reason": " ", "seen": "3"}).status_code == 422
    assert approver.post(url, {"reason": "Over", "seen": "3"}).status_code == 303
    assert shown(*tasks) == [("", "")] * 3
    assert approver.post(url, {"reason": "Over", "seen": "3"}).status_code == 409
    assert HoldRelease.objects.count() == 1


def test_what_is_not_held_is_not_released(approver: Person) -> None:
    url = approver.post(RELEASE, {"one": TrackedTaskFactory().pk}).url
    question = page(approver.get(url))
    assert "None of these tasks is held." in question
    assert "ask-button" not in question
    assert approver.post(url, {"reason": "Over", "seen": "0"}).status_code == 422


def test_the_page_of_holds_has_who_why_and_how_many(approver: Person, viewer: Person) -> None:
    assert "Nothing is on hold" in page(viewer.get("/holds/"))
    tasks = TrackedTaskFactory.create_batch(2)
    approver.post(ask(approver, *tasks), {"reason": "Legal case 12", "until": "2099-01-31"})
    listed = page(viewer.get("/holds/"))
    for told in ("Legal case 12", "<bdi>anna</bdi>", "31 Jan 2099 UTC"):
        assert told in listed
    row = Hold.objects.get()
    assert "Release…" not in listed
    assert f"{row.get_absolute_url()}release/" in page(approver.get("/holds/"))
    detail = page(viewer.get(row.get_absolute_url()))
    assert "2 of 2 that ever came under it" in detail
    assert all(task.task_id in detail for task in tasks)


def test_all_under_one_hold_are_released_from_there(approver: Person, htmx: dict[str, str]) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    approver.post(ask(approver, *tasks), {"reason": "Legal case 12"})
    url = f"{Hold.objects.get().get_absolute_url()}release/"
    assert page(approver.get(url, headers=htmx)).startswith("<dialog")
    assert approver.post(url, {"reason": "Over", "seen": "1"}).status_code == 409
    assert approver.post(url, {"reason": "", "seen": "2"}).status_code == 422
    assert approver.post(url, {"reason": "Over", "seen": "2"}).url == "/holds/"
    assert shown(*tasks) == [("", "")] * 2
    assert approver.post(url, {"reason": "Over", "seen": "2"}).status_code == 409
    assert "Nothing is on hold" in page(approver.get("/holds/"))


def test_many_holds_have_pages(operator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "PAGE_SIZE", 2)
    for number in range(5):
        hold(operator, TrackedTaskFactory(), reason=f"Case {number}")
    found, query = [], ""
    for _ in range(3):
        content = page(operator.get(f"/holds/{query}"))
        found += [number for number in range(5) if f"Case {number}" in content]
        query = content.split('href="')[-1].split('"')[0] if 'rel="next"' in content else ""
        if query:
            query = content.split('" rel="next"')[0].rsplit('href="', 1)[1]
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert operator.get("/holds/?cursor=nowhere").status_code == 400


def test_a_rule_is_added_for_what_the_page_says_and_stopped(operator: Person, approver: Person) -> None:
    fox, owl = TrackedTaskFactory(prompt="A red fox"), TrackedTaskFactory(prompt="An owl")
    assert "Say above which tasks it is for" in page(operator.get("/holds/rule/"))
    url = "/holds/rule/?q=fox&kind=image"
    assert "<strong>1 task</strong> matches now." in page(operator.get(url))
    assert operator.post(url, {"reason": ""}).status_code == 422
    assert operator.post(url, {"reason": "Contract", "until": "2020-01-01"}).status_code == 422
    assert operator.post(url, {"reason": "Contract"}).url == "/holds/"
    assert shown(fox, owl) == [("olga", "Contract"), ("", "")]
    listed = page(approver.get("/holds/"))
    assert "Search: fox" in listed
    stop = f"{Hold.objects.get().get_absolute_url()}stop/"
    assert stop in listed
    assert operator.post(stop, {"reason": "Enough"}).status_code == 403
    assert "Stop this rule?" in page(approver.get(stop))
    assert approver.post(stop, {"reason": ""}).status_code == 422
    assert approver.post(stop, {"reason": "Enough"}).url == "/holds/"
    assert approver.post(stop, {"reason": "Enough"}).status_code == 409
    assert shown(fox) == [("olga", "Contract")]


@pytest.mark.parametrize("query", ["presence=deleted", "held=no", "starred=yes", "kind=audio", "what=1"])
def test_a_rule_for_what_it_can_not_ask_is_refused(operator: Person, query: str) -> None:
    response = operator.get(f"/holds/rule/?{query}")
    assert response.status_code == 400
    assert "Add the rule" not in page(response)
    assert operator.post("/holds/rule/", {"reason": "All"}).status_code == 400


@pytest.mark.parametrize(("query", "wanted"), [("held=yes", [0]), ("held=no", [1, 2]), ("", [0, 1, 2])])
def test_a_filter_finds_them(viewer: Person, operator: Person, query: str, wanted: list[int]) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    hold(operator, tasks[0])
    response = viewer.get(f"/tasks/?{query}")
    assert {row.pk for row in response.context["page"]["rows"]} == {tasks[place].pk for place in wanted}
    assert response.context["count"].number == len(wanted)
    if query:
        assert "Held: <strong>" in page(response)


def test_another_value_is_refused(viewer: Person) -> None:
    response = viewer.get("/tasks/?held=maybe")
    assert response.status_code == 400
    assert "Held: “maybe” is not one of yes or no." in response.content.decode()


def test_the_toolbar_and_the_viewer_offer_it(operator: Person) -> None:
    task = TrackedTaskFactory()
    assert 'id="hold-selected"' not in page(operator.get("/tasks/"))
    selected = operator.post("/tasks/selection/", {"action": "all", "shown": ""}, follow=True)
    assert "data-hold data-opens-dialog>Hold…</button>" in page(selected)
    assert 'id="release-selected"' not in page(selected)
    assert "data-hold" in page(operator.get(f"/tasks/viewer/{task.pk}/"))


def test_an_end_that_is_near_is_that_of_today(operator: Person) -> None:
    task = TrackedTaskFactory()
    today = str(timezone.localdate())
    operator.post(ask(operator, task), {"reason": "Legal", "until": today})
    until = Hold.objects.get().until
    assert until
    assert until - timezone.now() < timedelta(days=1)
