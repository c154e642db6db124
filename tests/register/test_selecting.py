from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from dashboard.register import presses, selecting
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Selection, SelectionBlock, TrackedTask
from dashboard.register.selecting import BadSelection, Ticks
from tests.factories import SelectionFactory, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory(username="olga")


def pks(selection: Selection) -> set[int]:
    return set(selecting.selected(selection).values_list("pk", flat=True))


def tick(
    olga: User,
    shown: list[TrackedTask],
    ticked: list[TrackedTask],
    *,
    selection: Selection | None = None,
    known: list[TrackedTask] | None = None,
) -> Selection:
    ticks = Ticks(
        selection=None,
        shown=[task.pk for task in shown],
        ticked=[task.pk for task in ticked],
        known=None if known is None else [task.pk for task in known],
    )
    return selecting.tick(selection, ticks, user=olga)


def test_ticks_add_up_over_pages(olga: User) -> None:
    tasks = TrackedTaskFactory.create_batch(6)
    selection = tick(olga, tasks[:3], tasks[:2])
    selection = tick(olga, tasks[3:], tasks[5:], selection=selection)
    assert pks(selection) == {tasks[0].pk, tasks[1].pk, tasks[5].pk}
    assert selecting.summary(selection).words == "3 selected"


def test_unticking_takes_back_only_what_the_page_shows(olga: User) -> None:
    tasks = TrackedTaskFactory.create_batch(4)
    selection = tick(olga, tasks, tasks)
    tick(olga, tasks[:2], tasks[:1], selection=selection)
    assert pks(selection) == {tasks[0].pk, tasks[2].pk, tasks[3].pk}


def test_ticking_twice_is_ticking_once(olga: User) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    selection = tick(olga, tasks, tasks)
    tick(olga, tasks, tasks, selection=selection)
    assert pks(selection) == {task.pk for task in tasks}


def test_what_cannot_be_deleted_cannot_be_ticked(olga: User) -> None:
    held = TrackedTaskFactory(held=True)
    others = [TrackedTaskFactory(presence=presence) for presence in ("deleting", "deleted", "missing")]
    free = TrackedTaskFactory()
    shown = [held, free, *others]
    assert pks(tick(olga, shown, shown)) == {free.pk}


def test_all_matching_takes_held_and_busy_tasks_along_so_that_the_dialog_can_say_why_it_skips_them(olga: User) -> None:
    TrackedTaskFactory(held=True)
    TrackedTaskFactory(presence="deleting")
    TrackedTaskFactory()
    selection = presses.select_all(user=olga, filter=Filter())
    assert len(pks(selection)) == 3
    assert selecting.summary(selection).words == "All 3 matching selected"


def test_all_matching_keeps_to_the_filter(olga: User) -> None:
    video = TrackedTaskFactory(video=True)
    TrackedTaskFactory()
    assert pks(presses.select_all(user=olga, filter=Filter(kind="video"))) == {video.pk}


def test_all_of_12430_without_two_from_different_pages(olga: User) -> None:
    now = timezone.now()
    times = {"created_at": now, "tracked_at": now}
    TrackedTask.objects.bulk_create(TrackedTask(task_id=f"{number}", **times) for number in range(12_430))
    rows = list(TrackedTask.objects.order_by("-created_at", "-pk")[:150])
    selection = presses.select_all(user=olga, filter=Filter())
    assert selecting.summary(selection).words == "All 12,430 matching selected"
    selection = tick(olga, rows[:50], rows[1:50], selection=selection)
    selection = tick(olga, rows[100:], rows[100:149], selection=selection)
    summary = selecting.summary(selection)
    assert (summary.count, summary.excluded, summary.all) == (12_428, 2, True)
    assert summary.words == "12,428 selected, 2 excluded"
    assert pks(selection) == set(TrackedTask.objects.values_list("pk", flat=True)) - {rows[0].pk, rows[149].pk}


def test_ticking_again_takes_the_exclusion_back(olga: User) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    selection = presses.select_all(user=olga, filter=Filter())
    selection = tick(olga, tasks, tasks[:2], selection=selection)
    assert selecting.summary(selection).words == "2 selected, 1 excluded"
    selection = tick(olga, tasks, tasks, selection=selection)
    assert selecting.summary(selection).words == "All 3 matching selected"
    assert len(pks(selection)) == 3


def test_a_box_that_cannot_be_ticked_excludes_nothing(olga: User) -> None:
    held = TrackedTaskFactory(held=True)
    selection = presses.select_all(user=olga, filter=Filter())
    selection = tick(olga, [held], [], selection=selection)
    assert selecting.summary(selection).excluded == 0


def test_all_matching_never_grows(olga: User) -> None:
    early = TrackedTaskFactory()
    selection = presses.select_all(user=olga, filter=Filter())
    TrackedTaskFactory()
    assert pks(selection) == {early.pk}
    assert selecting.drift(selection) == 1


def test_what_came_later_can_be_ticked_besides(olga: User) -> None:
    early = TrackedTaskFactory()
    selection = presses.select_all(user=olga, filter=Filter())
    late = TrackedTaskFactory()
    selection = tick(olga, [early, late], [early, late], selection=selection, known=[early])
    assert pks(selection) == {early.pk, late.pk}
    assert selecting.summary(selection).words == "2 selected"
    assert selecting.drift(selection) == 0


def test_a_late_row_left_unticked_excludes_nothing(olga: User) -> None:
    selection = presses.select_all(user=olga, filter=Filter())
    selection = tick(olga, [TrackedTaskFactory()], [], selection=selection)
    assert selecting.summary(selection).excluded == 0


def test_ticked_ids_have_no_drift(olga: User) -> None:
    task = TrackedTaskFactory()
    selection = tick(olga, [task], [task])
    TrackedTaskFactory()
    assert selecting.drift(selection) == 0


def test_words_stay_words_when_a_task_of_that_id_comes_later(olga: User) -> None:
    mention = TrackedTaskFactory(prompt="for abcd_1")
    filter = Filter.from_query(QueryDict("q=abcd_1"))
    selection = presses.select_all(user=olga, filter=filter)
    TrackedTaskFactory(task_id="abcd_1", prompt="")
    assert pks(Selection.objects.get(pk=selection.pk)) == {mention.pk}


def test_a_task_id_stays_a_task_id_when_its_task_is_gone(olga: User) -> None:
    task = TrackedTaskFactory(task_id="abcd_1")
    selection = presses.select_all(user=olga, filter=Filter.from_query(QueryDict("q=abcd_1")))
    TrackedTask.objects.filter(pk=task.pk).update(task_id="abcd_2")
    TrackedTaskFactory(prompt="for abcd_1")
    assert selecting.drift(selection) == 0


def test_what_matched_stays_selected_when_it_matches_no_more(olga: User) -> None:
    task = TrackedTaskFactory(status="failed")
    selection = presses.select_all(user=olga, filter=Filter(status="failed"))
    TrackedTask.objects.filter(pk=task.pk).update(status="completed")
    assert pks(selection) == {task.pk}


def test_a_name_with_a_comma_stays_one_when_its_pieces_become_models(olga: User) -> None:
    one = TrackedTaskFactory(model="Foo, Bar")
    selection = presses.select_all(user=olga, filter=Filter(model="foo, bar, nope"))
    assert pks(selection) == {one.pk}
    TrackedTaskFactory(model="Foo")
    assert pks(selection) == {one.pk}
    assert selecting.drift(selection) == 0
    assert selection.filter == "model=foo%2C+bar%2C+nope"


def test_names_that_the_register_writes_at_length_are_kept_as_they_were_typed(olga: User) -> None:
    names = [f"{number:02}" + "\u200b" * 90 for number in range(10)]
    tasks = {TrackedTaskFactory(model=name).pk for name in names}
    selection = presses.select_all(user=olga, filter=Filter(model=",".join(name[:2] for name in names)))
    selection.refresh_from_db()
    assert pks(selection) == tasks
    assert len(selection.presses.get().meaning) < 100


def test_a_page_that_is_behind_takes_no_tick_of_another_tab_back(olga: User) -> None:
    one, two, three = TrackedTaskFactory.create_batch(3)
    selection = tick(olga, [one, two, three], [one], known=[])
    tick(olga, [one, two, three], [one, two], selection=selection, known=[one])
    # The other tab has not heard of the second.
    selection = tick(olga, [one, two, three], [one, three], selection=selection, known=[one])
    assert pks(selection) == {one.pk, two.pk, three.pk}


def test_another_persons_selection_is_refused(olga: User) -> None:
    foreign = SelectionFactory()
    with pytest.raises(BadSelection, match="not yours or no longer exists"):
        selecting.find(foreign.uuid, user=olga)
    with pytest.raises(BadSelection, match="not yours or no longer exists"):
        selecting.find(uuid.uuid4(), user=olga)
    assert selecting.find(None, user=olga) is None


def test_what_is_cleared_is_gone_for_every_page_and_can_be_brought_back(olga: User) -> None:
    task = TrackedTaskFactory()
    selection = tick(olga, [task], [task])
    selecting.clear(selection)
    with pytest.raises(BadSelection, match="no longer exists"):
        selecting.find(selection.uuid, user=olga)
    assert selecting.earlier(user=olga) == selection
    assert pks(selecting.restore(None, user=olga)) == {task.pk}
    assert selecting.find(selection.uuid, user=olga) == selection


def test_selections_that_nobody_changed_for_a_week_are_pruned(olga: User) -> None:
    old = SelectionFactory(tasks=[TrackedTaskFactory()])
    Selection.objects.filter(pk=old.pk).update(changed_at=timezone.now() - timedelta(days=7, minutes=1))
    used = SelectionFactory(tasks=[TrackedTaskFactory()])
    Selection.objects.filter(pk=used.pk).update(created_at=timezone.now() - timedelta(days=30))
    presses.select_all(user=olga, filter=Filter())
    assert not Selection.objects.filter(pk=old.pk).exists()
    assert not SelectionBlock.objects.filter(selection=old.pk).exists()
    assert Selection.objects.filter(pk=used.pk).exists()


def test_of_one_person_only_the_latest_are_kept(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "MOST_KEPT", 2)
    tasks = TrackedTaskFactory.create_batch(4)
    foreign = SelectionFactory(tasks=tasks)
    made = [tick(olga, [task], [task]) for task in tasks]
    # Two, and the one that is begun.
    assert set(Selection.objects.values_list("pk", flat=True)) == {foreign.pk, *(one.pk for one in made[1:])}


def test_ticking_a_page_costs_the_same_at_any_size(olga: User, django_assert_max_num_queries) -> None:
    tasks = TrackedTaskFactory.create_batch(50)
    selection = tick(olga, tasks, [])
    with django_assert_max_num_queries(9):
        tick(olga, tasks, tasks[:25], selection=selection)


def test_a_page_is_read_from_its_form() -> None:
    ticks = Ticks.from_post(QueryDict("selection=&shown=1,2,3&task=1&task=3"))
    assert ticks == Ticks(selection=None, shown=[1, 2, 3], ticked=[1, 3])
    assert Ticks.from_post(QueryDict("")) == Ticks(selection=None, shown=[], ticked=[])


@pytest.mark.parametrize(
    "posted",
    [
        "shown=1,2&task=3",
        "task=3",
        "shown=1,x",
        "shown=1,2&task=%3Cscript%3E",
        "shown=" + ",".join(map(str, range(201))),
        "selection=mine&shown=1",
    ],
)
def test_a_form_that_no_page_sends_is_refused(posted: str) -> None:
    with pytest.raises(BadSelection):
        Ticks.from_post(QueryDict(posted))
