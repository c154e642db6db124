"""A colleague's deletion takes what somebody else has ticked."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.deletions import actions
from dashboard.deletions.actions import By
from dashboard.deletions.dispatch import arming
from dashboard.deletions.models import Deletion
from dashboard.register.models import Selection, TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import drafted, ticked, url_of, work
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def colleague(db: None) -> Person:
    return Person.signed_in(UserFactory(username="li.wei", role="operator"))


def text(content: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"</?bdi>", "", content)).split())


def select(person: Person, tasks: list[TrackedTask], *, all_of: str | None = None) -> Selection:
    data = {"action": "update" if all_of is None else "all", **ticked(tasks)}
    person.post(f"{reverse('task-selection')}?{all_of or ''}", data)
    return person.user.selection_set.latest("pk")


def toolbar(person: Person, selection: Selection) -> str:
    page = person.get(reverse("task-list") + f"?{selection.filter or ''}&selection={selection.uuid}").content.decode()
    start = page.index('id="toolbar"')
    return text(page[start : page.index('<div class="table-box"', start)])


def dialog(person: Person, selection: Selection) -> str:
    posted = {"selection": str(selection.uuid), "shown": ""}
    url = f"{reverse('deletion-draft')}?{selection.filter or ''}"
    return text(person.post(url, posted, headers={"HX-Request": "true"}).content.decode())


def delete(person: Person, tasks: list[TrackedTask]) -> Deletion:
    draft = drafted(person, tasks)
    actions.confirm(deletion=draft, by=By(user=person.user), reason="Mine", typed="", now=timezone.now())
    return draft


@pytest.mark.once
@pytest.mark.parametrize("finished", [False, True], ids=["in flight", "finished"])
def test_toolbar_and_dialog_say_who_took_ticked_tasks(sandbox, operator, colleague, finished: bool) -> None:
    tasks = TrackedTaskFactory.create_batch(8)
    selection = select(operator, tasks)
    deletion = delete(colleague, tasks[:5])
    if finished:
        assert work(deletion).state == "finished"
    said = toolbar(operator, selection)
    assert "3 selected · 5 taken by li.wei" in said
    assert "Delete 3 tasks…" in said
    said = dialog(operator, selection)
    assert "Delete 3 tasks?" in said
    assert "8 selected, 5 skipped (taken by li.wei)." in said
    # The next tick forgets nothing.
    rest = tasks[5:]
    operator.post(
        reverse("task-selection"),
        {"action": "update", "selection": str(selection.uuid), **ticked(rest), "shown": ticked(tasks)["shown"]},
    )
    assert "3 selected · 5 taken by li.wei" in toolbar(operator, selection)


def test_all_of_it_may_be_taken(operator, colleague) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    selection = select(operator, tasks)
    delete(colleague, tasks)
    said = toolbar(operator, selection)
    assert "Nothing selected · 2 taken by li.wei" in said
    assert "Clear selection" in said
    said = dialog(operator, selection)
    assert "Nothing to delete" in said
    assert "2 selected, 2 skipped (taken by li.wei)." in said


@pytest.mark.parametrize("finished", [False, True], ids=["in flight", "finished"])
@pytest.mark.parametrize("query", ["", "presence=present", "kind=image&status=completed"])
def test_all_that_matched_loses_them_too(sandbox, operator, colleague, query: str, finished: bool) -> None:
    tasks = TrackedTaskFactory.create_batch(8)
    excluded = tasks[7]
    selection = select(operator, [], all_of=query)
    operator.post(
        f"{reverse('task-selection')}?{query}",
        {"action": "update", "selection": str(selection.uuid), "shown": str(excluded.pk)},
    )
    deletion = delete(colleague, [*tasks[:5], excluded])
    if finished:
        assert work(deletion).state == "finished"
    said = toolbar(operator, selection)
    assert "2 selected, 1 excluded · 5 taken by li.wei" in said
    assert "Delete 2 tasks…" in said
    said = dialog(operator, selection)
    assert "Delete 2 tasks?" in said
    assert "7 selected, 5 skipped (taken by li.wei)." in said


def test_what_was_gone_before_all_were_selected_was_not_taken_from_it(sandbox, operator, colleague) -> None:
    tasks = TrackedTaskFactory.create_batch(4)
    assert work(delete(colleague, tasks[:2])).state == "finished"
    selection = select(operator, [], all_of="")
    assert "All 2 matching selected" in toolbar(operator, selection)
    assert "taken" not in toolbar(operator, selection)
    assert "2 selected, none skipped." in dialog(operator, selection)


def test_each_is_told_apart_and_ones_own_is_not_taken(operator, colleague) -> None:
    tasks = TrackedTaskFactory.create_batch(7)
    selection = select(operator, tasks)
    delete(colleague, tasks[:3])
    delete(Person.signed_in(UserFactory(username="otto", role="operator")), tasks[3:5])
    delete(operator, [tasks[5]])
    TrackedTask.objects.filter(pk=tasks[6].pk).update(held_by="alice", held_reason="Legal case 12")
    said = toolbar(operator, selection)
    for loss in ("3 taken by li.wei", "2 taken by otto", "1 already being deleted", "1 held: Legal case 12"):
        assert f"· {loss}" in said
    said = dialog(operator, selection)
    assert "3 taken by li.wei, 2 taken by otto, 1 already being deleted, 1 held: Legal case 12" in said


def test_what_is_given_back_is_selected_again(settings, operator, colleague) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    tasks = TrackedTaskFactory.create_batch(3)
    selection = select(operator, tasks)
    deletion = delete(colleague, tasks[:2])
    assert "2 taken by li.wei" in toolbar(operator, selection)
    colleague.post(url_of("undo", deletion))
    assert "3 selected" in toolbar(operator, selection)
    assert "taken" not in toolbar(operator, selection)


def test_taken_while_the_dialog_was_open_it_says_so_too(operator, colleague, htmx) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    draft = drafted(operator, tasks)
    delete(colleague, tasks[:1])
    response = operator.post(url_of("confirm", draft), {"reason": "Spring"}, headers=htmx)
    assert response.status_code == 409
    assert "3 selected, 1 skipped (taken by li.wei)." in text(response.content.decode())


def test_taken_after_it_was_confirmed_the_item_says_so(operator, colleague, monkeypatch) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    draft = drafted(operator, tasks)
    with monkeypatch.context() as patch:
        # As if it were too large to be armed by who confirms it.
        patch.setattr(arming, "CHUNK", 1)
        actions.confirm(deletion=draft, by=By(user=operator.user), reason="Spring", typed="", now=timezone.now())
    theirs = delete(colleague, [TrackedTaskFactory()])
    TrackedTask.objects.filter(pk=tasks[0].pk).update(presence="deleting", last_deletion=theirs.uuid)
    draft.refresh_from_db()
    arming.in_chunks(arming.arm_chunk, draft, now=timezone.now())
    assert draft.items.get(outcome="skipped").message == "Taken by li.wei"


def test_what_waits_in_a_large_one_is_taken_already(operator, colleague, monkeypatch) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    theirs = drafted(colleague, tasks[:1])
    monkeypatch.setattr(arming, "CHUNK", 0)
    actions.confirm(deletion=theirs, by=By(user=colleague.user), reason="Mine", typed="", now=timezone.now())
    assert TrackedTask.objects.get(pk=tasks[0].pk).presence == "present"
    assert "3 selected, 1 skipped (taken by li.wei)." in dialog(operator, select(operator, tasks))
