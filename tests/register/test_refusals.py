"""What pages answer to addresses that people shorten, mistype and keep, and to tabs that know less than the server."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from dashboard.register import selecting
from dashboard.register.models import Presence, Selection, TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import drafted, ticked, url_of
from tests.factories import DeletionFactory, SelectionFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db

AGE = "Write it as YYYY-MM-DD, or as an age such as -30d (h, d, w, m or y)."
DAMAGED = "This page's address is damaged. Go to the first page."
ADDRESSES = {
    "a NUL": ("/tasks/?q=%00", "Search: Null characters are not allowed."),
    "too long a search": (f"/tasks/?q={'x' * 1001}", "Search: use at most 1000 characters."),
    "an invisible search": (f"/tasks/?q={quote('​')}", "Search: what stands there is invisible."),
    "a search twice": ("/tasks/?q=a&q=b", "“q” stands 2 times in the address. Once is clear."),
    "a kind in capitals": ("/tasks/?kind=Image", "Kind: “Image” is not one of image or video."),
    "a status of another program": ("/tasks/?status=done", "Status: “done” is not one of unknown, queued, processing,"),
    "a presence that is none": ("/tasks/?presence=gone", "Presence: “gone” is not one of present, deleting, deleted"),
    "a day of America": ("/tasks/?created_after=10/11/2026", f"Created from: “10/11/2026” is not a day. {AGE}"),
    "a day that never comes": ("/tasks/?created_before=2026-02-30", f"“2026-02-30” is not a day. {AGE}"),
    "a day without its zeros": ("/tasks/?created_after=2026-3-1", f"“2026-3-1” is not a day. {AGE}"),
    "a day in full width": (
        f"/tasks/?created_after={quote('２０２６-０３-０１')}",
        f"“２０２６-０３-０１” is not a day. {AGE}",
    ),
    "seconds since 1970": ("/tasks/?created_after=1769774400", f"“1769774400” is not a day. {AGE}"),
    "a moment without an offset": ("/tasks/?created_after=2026-10-05T01:15", f"“2026-10-05T01:15” is not a day. {AGE}"),
    "a plus that became a blank": (
        "/tasks/?created_after=2026-10-05T01:15:00+08:00",
        f"“2026-10-05T01:15:00 08:00” is not a day. {AGE}",
    ),
    "an age of nothing": ("/tasks/?created_after=-0d", f"“-0d” is not a day. {AGE}"),
    "an age without its dash": ("/tasks/?created_after=30d", f"“30d” is not a day. {AGE}"),
    "an age of too many days": ("/tasks/?created_after=-99999d", f"“-99999d” is not a day. {AGE}"),
    "a filter in capitals": ("/tasks/?Q=fox", "There is no filter called “Q”."),
    "a filter that is none": ("/tasks/?colour=red", "There is no filter called “colour”."),
    "an order that is none": ("/tasks/?sort=prompt", "Sort: “prompt” is not one of -created or created."),
    "half a cursor": ("/tasks/?cursor=a17", DAMAGED),
    "a cursor beyond time": ("/tasks/?cursor=a999999999999999999.1", DAMAGED),
    "a day to go to that is none": ("/tasks/?day=tomorrow", "Go to day: “tomorrow” is not a day."),
    "half a selection": ("/tasks/?selection=3fb0", "The selection in this address is damaged. Select the tasks again."),
    "an outcome that is none": ("/deletions/?outcome=gone", "Outcome: “gone” is not one of waiting,"),
    "an invisible reason": (f"/deletions/?q={quote('​')}", "Reason contains: what stands there is invisible."),
    "a reason of Braille blanks": (f"/deletions/?q={quote('⠀')}", "Reason contains: what stands there is invisible."),
    "too long a reason": (f"/deletions/?q={'x' * 501}", "Reason contains: use at most 500 characters."),
    "a day of the history": ("/deletions/?after=05.10.2026", "After: “05.10.2026” is not a day."),
    "a cursor of the history": ("/deletions/?cursor=older-99", DAMAGED),
    "a filter of another list": ("/deletions/?status=failed", "There is no filter called “status”."),
    "a day of the log": ("/audit/?after=1", "“1” can't be used as after: it is not a day such as 2026-01-31."),
    "a cursor of the log": ("/audit/?cursor=x", "“x” can't be used as cursor: it is not a page of this log."),
    "an action that is none": ("/audit/?action=x", "“x” can't be used as action: no entry of the audit log has this"),
}


@pytest.mark.once
@pytest.mark.parametrize(("address", "sentence"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_says_nothing_clear_is_refused_in_a_sentence(
    operator: Person, address: str, sentence: str
) -> None:
    TrackedTaskFactory()
    DeletionFactory()
    response = operator.get(address)
    page = html.unescape(strip_tags(response.content.decode()))
    assert (response.status_code, sentence in page, "<table" in response.content.decode()) == (400, True, False)


KEPT = {
    "an empty filter": "/tasks/?kind=&status=&q=&created_after=",
    "an age in capitals": "/tasks/?created_after=-9999D",
    "an age with a minus": f"/tasks/?created_after={quote('−9999d')}",
    "an age with Word's dash": f"/tasks/?created_after={quote('–9999d')}",
    "an age in full width": f"/tasks/?created_after={quote('－９９９９ｄ')}",
    "an age beyond time": "/tasks/?created_after=-9999y",
    "every field, most of them empty": "/tasks/?q=&kind=image&status=&presence=&model=seedreamv4&created_before=&sort=",
    "a forgotten selection": "/tasks/?selection=9a2f8c1e-0000-4000-8000-000000000000",
}


@pytest.mark.parametrize("address", KEPT.values(), ids=KEPT)
def test_an_address_that_can_mean_only_one_thing_is_followed(operator: Person, address: str) -> None:
    TrackedTaskFactory(task_id="shown", model="seedreamv4")
    response = operator.get(address)
    assert (response.status_code, "shown" in response.content.decode()) == (200, True)


def act(person: Person, action: str, posted: dict[str, object]) -> str:
    """What the list says after a button of it."""
    response = person.post(reverse("task-selection"), {"action": action, **posted})
    return html.unescape(strip_tags(person.get(response["Location"]).content.decode()))


def boxes(person: Person, selection: Selection) -> int:
    page = person.get(f"/tasks/?selection={selection.uuid}").content.decode()
    return len(re.findall(r'name="task"[^>]* checked', page))


GONE = {
    "cleared in another tab": lambda person, selection: person.post(
        reverse("task-selection"), {"action": "clear", "selection": str(selection.uuid)}
    ),
    "unchanged for over a week": lambda person, selection: Selection.objects.update(
        changed_at=timezone.now() - timedelta(days=8)
    ),
    "deleted by hand": lambda person, selection: Selection.objects.all().delete(),
}


@pytest.mark.parametrize("forget", GONE.values(), ids=GONE)
def test_ticks_beside_a_forgotten_selection_begin_a_new_one_whose_boxes_agree(operator: Person, forget) -> None:
    tasks = TrackedTaskFactory.create_batch(5)
    before = SelectionFactory(user=operator.user, tasks=tasks[:1])
    forget(operator, before)
    words = act(operator, "update", {**ticked(tasks[:4]), "selection": str(before.uuid)})
    made = Selection.objects.latest("pk")
    assert f"{len(tasks[:4])} selected" in words
    assert boxes(operator, made) == made.count == 4


def test_of_two_tabs_each_tick_counts_and_both_are_told_the_same(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(4)
    shared = SelectionFactory(user=operator.user, tasks=tasks[:1])
    posted = {"shown": ",".join(str(task.pk) for task in tasks), "selection": str(shared.uuid)}
    posted["known"] = str(tasks[0].pk)
    assert "2 selected" in act(operator, "update", {**posted, "task": [task.pk for task in tasks[:2]]})
    # The other tab shows what it knew before: there the first was unticked, and the last ticked.
    assert "2 selected" in act(operator, "update", {**posted, "task": [tasks[3].pk]})
    assert set(selecting.selected(shared)) == {tasks[1], tasks[3]}
    assert boxes(operator, shared) == 2


@pytest.mark.parametrize("presence", [Presence.DELETING, Presence.DELETED, Presence.MISSING])
def test_what_a_colleague_took_is_neither_ticked_nor_counted(operator: Person, presence: str) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    selection = SelectionFactory(user=operator.user, tasks=tasks)
    TrackedTask.objects.filter(pk=tasks[0].pk).update(presence=presence)
    words = act(operator, "update", {**ticked(tasks), "selection": str(selection.uuid)})
    assert "2 selected" in words
    assert boxes(operator, selection) == 2
    response = operator.post(reverse("deletion-draft"), {**ticked(tasks), "selection": str(selection.uuid)})
    assert "Delete 2 tasks?" in operator.get(response["Location"]).content.decode()


def test_where_colleagues_took_all_nothing_is_left_to_delete(operator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    selection = SelectionFactory(user=operator.user, tasks=tasks)
    TrackedTask.objects.update(presence=Presence.DELETED)
    response = operator.post(reverse("deletion-draft"), {**ticked(tasks), "selection": str(selection.uuid)})
    page = response if response.status_code == 422 else operator.get(response["Location"])
    assert "Delete 2 tasks" not in page.content.decode()


@pytest.mark.parametrize("action", ["confirm", "keep"])
def test_a_second_tab_hears_what_became_of_the_draft(operator: Person, action: str) -> None:
    draft = drafted(operator, TrackedTaskFactory.create_batch(2))
    operator.post(url_of("confirm", draft), {"reason": "Spring"})
    again = operator.post(url_of(action, draft), {"reason": "Spring"})
    assert (again.status_code, "already confirmed" in again.content.decode()) == (409, True)
