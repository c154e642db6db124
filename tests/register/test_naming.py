from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dashboard.register import naming, selecting
from dashboard.register.models import Selection, TrackedTask
from dashboard.register.selecting import BadSelection
from tests.conftest import Person
from tests.factories import SelectionFactory, TrackedTaskFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def pks(selection: Selection) -> set[int]:
    return set(selecting.selected(selection).values_list("pk", flat=True))


def text(content: bytes) -> str:
    return " ".join(content.decode().split())


@pytest.mark.parametrize(
    "pasted",
    [
        "abcd_1\nabcd_2\nabcd_9",
        '["abcd_1", "abcd_2", "abcd_9"]',
        "kind,task_id\nimage,abcd_1\nimage,abcd_2\nvideo,abcd_9",
        "* abcd_1, abcd_2; abcd_9 abcd_1",
    ],
)
def test_ids_are_found_in_whatever_list_and_the_unknown_named(pasted: str) -> None:
    tasks = [TrackedTaskFactory(task_id=f"abcd_{number}") for number in (1, 2)]
    selection, named = naming.select(pasted, user=UserFactory(), selection=None)
    assert selection is not None
    assert pks(selection) == {task.pk for task in tasks}
    assert (named.given, named.unknown, named.new) == (3, ["abcd_9"], 2)


def test_ids_join_what_is_selected() -> None:
    one, two = TrackedTaskFactory.create_batch(2)
    selection = SelectionFactory(tasks=[one])
    same, named = naming.select(f"{one.task_id} {two.task_id}", user=selection.user, selection=selection)
    assert same == selection
    assert pks(selection) == {one.pk, two.pk}
    assert (len(named.numbers), named.new) == (2, 1)
    assert named.is_clean


def test_what_cannot_be_selected_is_told_by_its_reason() -> None:
    TrackedTaskFactory(task_id="a1", held=True)
    TrackedTaskFactory(task_id="a2", deleted=True)
    TrackedTaskFactory(task_id="a3", presence="missing")
    TrackedTaskFactory(task_id="a4", presence="deleting")
    selection, named = naming.select("a1 a2 a3 a4", user=UserFactory(), selection=None)
    assert selection is None
    assert named.why_not == [("already deleted", 1), ("being deleted", 1), ("held", 1), ("missing", 1)]


def test_an_id_of_both_kinds_selects_both_and_one_with_commas_is_one() -> None:
    both = [TrackedTaskFactory(task_id="same_1"), TrackedTaskFactory(task_id="same_1", video=True)]
    commas = TrackedTaskFactory(task_id="x,1,y")
    selection, named = naming.select("same_1\nx,1,y", user=UserFactory(), selection=None)
    assert selection is not None
    assert pks(selection) == {*(task.pk for task in both), commas.pk}
    assert (named.twofold, named.unknown, named.given) == (1, [], 2)


@pytest.mark.parametrize("pasted", ["", " \n", "---"])
def test_without_an_id_nothing_is_selected(pasted: str) -> None:
    with pytest.raises(BadSelection, match="There is no id"):
        naming.select(pasted, user=UserFactory(), selection=None)


def test_too_many_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(naming, "MOST_IDS", 2)
    with pytest.raises(BadSelection, match="more than 2 ids"):
        naming.select("a1 a2 a3", user=UserFactory(), selection=None)


def test_the_page_says_which_it_does_not_know_and_leads_back_with_the_selection(operator: Person) -> None:
    task = TrackedTaskFactory()
    page = operator.get("/tasks/ids/?kind=video").content.decode()
    assert '<label for="id_ids">Ids</label>' in page
    response = operator.post("/tasks/ids/?kind=video", {"ids": f"{task.task_id}\nzzz_1\n<b>_2"})
    told = text(response.content)
    assert "1 of the 3 ids is selected" in told
    assert "2 are not in the register" in told
    assert "zzz_1" in told
    assert "<b>_2" not in told
    selection = Selection.objects.get()
    assert f'href="/tasks/?kind=video&amp;selection={selection.uuid}"' in told
    assert pks(selection) == {task.pk}


def test_a_file_will_do_and_both_are_too_much(operator: Person) -> None:
    task = TrackedTaskFactory()
    file = SimpleUploadedFile("ids.txt", b"\xef\xbb\xbf" + task.task_id.encode())
    assert "1 of the 1 id is selected" in text(operator.post("/tasks/ids/", {"file": file, "ids": ""}).content)
    file = SimpleUploadedFile("ids.txt", task.task_id.encode())
    response = operator.post("/tasks/ids/", {"file": file, "ids": "abc_1"})
    assert response.status_code == 422
    assert "Keep one of them." in response.content.decode()


def test_the_dialog_closes_when_all_are_known_and_stays_where_some_are_not(operator: Person, htmx) -> None:
    ticked, named = TrackedTaskFactory.create_batch(2)
    posted = {"shown": f"{ticked.pk}", "known": "", "task": ticked.pk, "ids": named.task_id}
    response = operator.post("/tasks/ids/", posted, headers=htmx)
    assert response["HX-Trigger"] == "ids-selected"
    assert "<dialog" not in response.content.decode()
    assert "2 selected" in response.content.decode()
    assert pks(Selection.objects.get()) == {ticked.pk, named.pk}
    response = operator.post("/tasks/ids/", {**posted, "ids": f"{named.task_id} zzz_1"}, headers=htmx)
    assert "<dialog" in response.content.decode()
    assert "zzz_1" in response.content.decode()


def test_a_large_file_is_taken_from_whom_the_page_was_shown(operator: Person) -> None:
    TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(3000))
    ids = "\n".join(TrackedTask.objects.values_list("task_id", flat=True)).encode()
    assert operator.post("/tasks/ids/", {"file": SimpleUploadedFile("ids.txt", ids)}).status_code == 413
    operator.get("/tasks/ids/")
    response = operator.post("/tasks/ids/", {"file": SimpleUploadedFile("ids.txt", ids)})
    assert "3,000 of the 3,000 ids are selected" in text(response.content)


def test_a_viewer_may_not(viewer: Person) -> None:
    assert viewer.get("/tasks/ids/").status_code == 403
    assert viewer.post("/tasks/ids/", {"ids": "a_1"}).status_code == 403
