from __future__ import annotations

import pytest
from django.http import QueryDict

from dashboard.register.filters.filter import Filter
from dashboard.register.filters.pasted import MOST_NAMED, Pasted
from tests.conftest import Person
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db


def read(query: str) -> Filter:
    return Filter.from_query(QueryDict(query))


def pasted(query: str) -> Pasted:
    found = read(query).pasted
    assert found
    return found


def text(person: Person, query: str) -> str:
    return " ".join(person.get(f"/tasks/?{query}").content.decode().split())


@pytest.fixture
def five() -> None:
    TrackedTaskFactory(task_id="ab_1")
    TrackedTaskFactory(task_id="ab_2", presence="deleted")
    TrackedTaskFactory(task_id="ab_3", kind="video", model="seedancev2")


@pytest.mark.parametrize(
    "q", ["ab_1+ab_2+ab_3+zz_8+zz_9", "ab_1,ab_2,ab_3,zz_8,zz_9", "ab_1,+ab_2;ab_3%0Azz_8+zz_9+zz_9"]
)
def test_ids_that_nobody_knows_are_counted_and_named(five: None, viewer: Person, q: str) -> None:
    told = pasted(f"q={q}")
    assert (len(told.given), told.known, told.unknown, told.left_out) == (
        5,
        ("ab_1", "ab_2", "ab_3"),
        ["zz_8", "zz_9"],
        (),
    )
    page = text(viewer, f"q={q}")
    assert "2 of the 5 ids are not in the register:" in page
    assert '<span class="mono"><bdi>zz_8</bdi></span>, <span class="mono"><bdi>zz_9</bdi></span>' in page


def test_what_other_filters_leave_out_is_told_with_the_way_to_it(five: None, viewer: Person) -> None:
    for query, left_out in (
        ("kind=image", ("ab_3",)),
        ("presence=present", ("ab_2",)),
        ("model=seedancev2", ("ab_1", "ab_2")),
        ("created_after=9999-01-01", ("ab_1", "ab_2", "ab_3")),
        ("status=failed", ("ab_1", "ab_2", "ab_3")),
    ):
        assert pasted(f"q=ab_1+ab_2+ab_3&{query}").left_out == left_out, query
    page = text(viewer, "q=ab_1+ab_2+ab_3&kind=image")
    assert "1 of the 3 ids is in the register, but left out by the other filters." in page
    assert '<a href="/tasks/?q=ab_1+ab_2+ab_3">Search for them alone</a>' in page
    assert "left out by the other filters" not in text(viewer, "q=ab_1+ab_2+ab_3")


def test_one_id_that_other_filters_leave_out(five: None, viewer: Person) -> None:
    page = text(viewer, "q=ab_1&kind=video&sort=created")
    assert "This id is in the register, but the other filters leave it out." in page
    assert '<a href="/tasks/?q=ab_1&amp;sort=created">Search for it alone</a>' in page


def test_an_id_of_both_kinds_is_left_out_when_both_are() -> None:
    TrackedTaskFactory(task_id="ab_1", status="failed")
    TrackedTaskFactory(task_id="ab_1", kind="video", status="completed")
    assert pasted("q=ab_1&kind=image").left_out == ()
    assert pasted("q=ab_1&status=completed").left_out == ()
    assert pasted("q=ab_1&status=queued").left_out == ("ab_1",)


def test_what_separates_ids_does_not_decide_how_they_are_read(five: None) -> None:
    for q in ("ab_1+ab_2+zz_9", "ab_1,ab_2,zz_9"):
        assert read(f"q={q}").by_task_id, q
    for q in ("ab_1+zz_8+zz_9", "ab_1,zz_8,zz_9"):
        assert not read(f"q={q}").by_task_id, q


def test_an_id_with_commas_is_one_id(viewer: Person) -> None:
    TrackedTaskFactory(task_id="ab_1,zz_9")
    assert pasted("q=ab_1,zz_9").given == ("ab_1,zz_9",)
    assert "not in the register" not in text(viewer, "q=ab_1,zz_9")


def test_few_ids_among_many_pieces_are_shown_the_way(five: None, viewer: Person) -> None:
    page = text(viewer, "q=ab_1+zz_7+zz_8+zz_9&kind=video")
    assert "This was read as words of a prompt, since only 1 of these 4 is the id of a task in the register." in page
    assert '<a href="/tasks/?q=ab_1">Show the task with that id</a>' in page
    assert "zz_9</bdi>" in page


def test_one_id_that_nobody_knows(viewer: Person, operator: Person) -> None:
    TrackedTaskFactory()
    page = text(viewer, "q=zz_9")
    assert '<span class="mono"><bdi>zz_9</bdi></span> is the id of no task in the register.' in page
    assert "Import ids" not in page
    assert '<a href="/tasks/import/">Import ids</a>' in text(operator, "q=zz_9")


def test_several_ids_of_which_nobody_knows_one(viewer: Person) -> None:
    TrackedTaskFactory()
    assert "None of these 3 is the id of a task in the register." in text(viewer, "q=zz_7,zz_8,zz_9")
    assert "is the id of" not in text(viewer, "q=red+fox")


def test_a_few_are_named_and_all_are_counted(five: None, viewer: Person) -> None:
    known = [f"kk_{number}" for number in range(30)]
    for task_id in known:
        TrackedTaskFactory(task_id=task_id)
    strangers = [f"zz_{number}" for number in range(25)]
    page = text(viewer, "q=" + "+".join(known + strangers))
    assert "25 of the 55 ids are not in the register:" in page
    assert f"and {25 - MOST_NAMED} more" in page
    assert page.count("<bdi>zz_") == MOST_NAMED


def test_a_long_id_is_cut_and_shown_as_text(five: None, viewer: Person) -> None:
    page = text(viewer, f"q=ab_1+ab_2+x<b>{'x' * 400}")
    assert "1 of the 3 ids is not in the register:" in page
    assert f"<bdi>x&lt;b&gt;{'x' * 55}…</bdi>" in page
    assert "<b>x" not in page


def test_the_longest_paste_is_one_question(five: None, django_assert_num_queries) -> None:
    q = "+".join(chr(letter) + str(number) for letter in range(97, 123) for number in range(10))
    q = f"{q}+" + "+".join(f"{number:02}" for number in range(73))
    assert len(q) == 998
    with django_assert_num_queries(1):
        assert len(pasted(f"q={q}&kind=image&created_after=-30d").given) == 333
