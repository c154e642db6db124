"""What is removed from a draft is not selected any more, and what is confirmed after that leaves the rest selected."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dashboard.deletions.models import Deletion, State
from dashboard.register import outside, selecting
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import drafted, ticked, url_of
from tests.deletions.test_removing import remove

pytestmark = pytest.mark.django_db(transaction=True)


def keep(operator: Person, draft: Deletion) -> str:
    return operator.get(operator.post(url_of("keep", draft)).url).content.decode()


def test_keep_returns_to_a_selection_without_what_was_removed(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    remove(draft, tasks[0])
    page = keep(operator, draft)
    assert page.count(" checked") == 2
    assert drafted_again(operator, draft).size == 2


def test_what_was_removed_of_all_that_match_is_excluded(operator, tasks) -> None:
    operator.post(reverse("task-selection"), {"action": "all", "shown": ""})
    selection = operator.user.selection_set.get()
    operator.post(reverse("deletion-draft"), {"selection": str(selection.uuid), "shown": ""})
    draft = Deletion.objects.get()
    remove(draft, tasks[0])
    assert "2 selected, 1 excluded" in keep(operator, draft)
    assert drafted_again(operator, draft).size == 2


def drafted_again(operator: Person, draft: Deletion) -> Deletion:
    """Delete, pressed once more on the list that the draft came from."""
    selection = operator.user.selection_set.get()
    operator.post(reverse("deletion-draft"), {"selection": str(selection.uuid), "shown": ""})
    return Deletion.objects.latest("pk")


def test_removing_outlives_a_selection_that_was_cleared(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    operator.user.selection_set.all().delete()
    assert remove(draft, tasks[0]).size == 2


def test_what_is_confirmed_after_a_removal_leaves_nothing_selected(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    for task in tasks[:2]:
        remove(draft, task)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    assert not operator.user.selection_set.exists()


def test_what_is_ticked_after_a_removal_stays_selected(operator, tasks, images) -> None:
    draft = drafted(operator, tasks)
    remove(draft, tasks[0])
    [more] = images(1)
    tick(operator, more)
    remove(draft, tasks[1])
    operator.post(url_of("confirm", draft), {"reason": "a"})
    assert [task.pk for task in selecting.selected(operator.user.selection_set.get())] == [more.pk]


def tick(operator: Person, task: TrackedTask) -> None:
    selection = str(operator.user.selection_set.get().uuid)
    operator.post(
        reverse("task-selection"), {"action": "update", "selection": selection, "known": "", **ticked([task])}
    )


@pytest.mark.parametrize("named", [0, 10])
def test_what_is_removed_is_not_told_as_out_of_view_any_more(monkeypatch, operator, images, named: int) -> None:
    monkeypatch.setattr(outside, "NAMED", named)
    tasks = images(4)
    TrackedTask.objects.filter(pk__in=[task.pk for task in tasks[:2]]).update(status="failed")
    operator.post(reverse("task-selection"), {"action": "all", "shown": ""})
    posted = {"selection": str(operator.user.selection_set.get().uuid), "shown": ""}
    operator.post(f"{reverse('deletion-draft')}?status=completed", posted)
    draft = Deletion.objects.get()
    told = []
    for task in (tasks[2], *tasks[:2]):
        remove(draft, task)
        told.append(draft.facts["outside"])
    left = [task.pk for task in tasks[:2]][:named]
    assert told == [{"number": 2, "numbers": left}, {"number": 1, "numbers": left[1:]}, None]


def test_ticks_that_say_nothing_of_the_removed_leave_it_out(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    remove(draft, tasks[0])
    posted = ticked(tasks[1:]) | {"selection": str(operator.user.selection_set.get().uuid)}
    operator.post(reverse("deletion-draft"), posted)
    latest = Deletion.objects.latest("pk")
    assert (latest.size, latest.state) == (2, State.DRAFT)
