from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dashboard.register import membership, presses, selecting, starring
from dashboard.register.filters.filter import Filter
from dashboard.register.membership import Within
from dashboard.register.models import Selection, SelectionBlock, TrackedTask
from dashboard.register.outside import outside
from tests.factories import SelectionFactory, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory(username="olga")


def pks(selection: Selection) -> set[int]:
    return set(selecting.selected(selection).values_list("pk", flat=True))


def ids(tasks: list[TrackedTask]) -> set[int]:
    return {task.pk for task in tasks}


def test_adding_and_removing_follow_filter_after_filter(olga: User) -> None:
    images = TrackedTaskFactory.create_batch(3)
    videos = TrackedTaskFactory.create_batch(4, video=True)
    failed = TrackedTaskFactory.create_batch(2, video=True, status="failed")
    selection = presses.select_all(user=olga, filter=Filter(kind="video"))
    selection = presses.add_all(user=olga, filter=Filter(kind="image"), selection=selection)
    assert pks(selection) == ids([*images, *videos, *failed])
    selection = presses.remove_all(filter=Filter(status="failed"), selection=selection)
    assert pks(selection) == ids([*images, *videos])
    assert (selection.count, selection.excluded) == (7, 0)
    assert selecting.summary(selection, Filter()).words == "7 selected"


def test_the_first_press_for_more_says_that_all_are_selected(olga: User) -> None:
    TrackedTaskFactory.create_batch(3)
    selection = presses.add_all(user=olga, filter=Filter(kind="image"), selection=None)
    assert selecting.summary(selection, Filter(kind="image")).words == "All 3 matching selected"
    assert selecting.summary(selection, Filter()).words == "3 selected"


def test_what_a_press_replaced_or_took_away_can_be_brought_back_and_given_away_again(olga: User) -> None:
    ticked, *others = TrackedTaskFactory.create_batch(5)
    selection = SelectionFactory(user=olga, tasks=[ticked])
    selection = presses.select_all(user=olga, filter=Filter(), selection=selection)
    address = selection.uuid
    assert pks(selection) == ids([ticked, *others])
    selection = selecting.restore(selection, user=olga)
    assert (pks(selection), selection.uuid) == ({ticked.pk}, address)
    selection = selecting.restore(selection, user=olga)
    assert (pks(selection), selection.uuid) == (ids([ticked, *others]), address)


def test_what_was_removed_altogether_is_offered_though_nothing_is_selected(olga: User) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    selection = presses.select_all(user=olga, filter=Filter())
    selection = presses.remove_all(filter=Filter(), selection=selection)
    assert selection.count == 0
    assert pks(selecting.restore(selection, user=olga)) == ids(tasks)


def test_of_one_selection_only_the_last_state_is_put_aside(olga: User) -> None:
    TrackedTaskFactory.create_batch(2)
    selection = presses.select_all(user=olga, filter=Filter())
    for _ in range(3):
        selection = presses.add_all(user=olga, filter=Filter(kind="image"), selection=selection)
    assert Selection.objects.count() == 2


def test_inverting_a_page_leaves_other_pages_and_what_cannot_be_ticked(olga: User) -> None:
    elsewhere, one, two = TrackedTaskFactory.create_batch(3)
    held = TrackedTaskFactory(held=True)
    selection = SelectionFactory(user=olga, tasks=[elsewhere, one])
    selection = presses.invert(user=olga, shown=[one.pk, two.pk, held.pk], selection=selection)
    assert pks(selection) == {elsewhere.pk, two.pk}
    assert pks(presses.invert(user=olga, shown=[one.pk, held.pk], selection=None)) == {one.pk}


def test_starred_tasks_are_left_out_and_counted_unless_asked_for(olga: User) -> None:
    tasks = TrackedTaskFactory.create_batch(5)
    starring.star([tasks[0].pk, tasks[1].pk], actor="li", address="")
    selection = presses.select_all(user=olga, filter=Filter())
    assert pks(selection) == ids(tasks[2:])
    assert selection.starred_out == 2
    assert selecting.summary(selection, Filter()).words == "3 selected"
    assert pks(presses.select_all(user=olga, filter=Filter(), starred=True)) == ids(tasks)
    selection = presses.select_all(user=olga, filter=Filter(starred="yes"))
    assert pks(selection) == ids(tasks[:2])
    assert selection.starred_out == 0
    assert pks(presses.select_all(user=olga, filter=Filter(starred="no"))) == ids(tasks[2:])


def test_starred_tasks_that_a_search_finds_are_left_out_too(olga: User) -> None:
    fox, starred = TrackedTaskFactory.create_batch(2, prompt="a red fox")
    starring.star([starred.pk], actor="li", address="")
    selection = presses.select_all(user=olga, filter=Filter(q="fox"))
    assert (pks(selection), selection.starred_out) == ({fox.pk}, 1)


def test_later_tasks_are_told_over_all_presses(olga: User) -> None:
    TrackedTaskFactory.create_batch(2)
    selection = presses.select_all(user=olga, filter=Filter(kind="image"))
    TrackedTaskFactory()
    selection = presses.add_all(user=olga, filter=Filter(kind="video"), selection=selection)
    TrackedTaskFactory(video=True)
    TrackedTaskFactory(video=True, status="failed")
    assert selecting.drift(selection) == 3
    selection = presses.remove_all(filter=Filter(status="failed"), selection=selection)
    assert selecting.drift(selection) == 2


@pytest.mark.parametrize("few", [0, 5000], ids=["gone through", "looked at"])
@pytest.mark.parametrize("filter", [Filter(kind="image"), Filter(q="fox"), Filter(starred="no"), Filter()])
def test_what_a_view_hides_is_counted_and_named(olga: User, monkeypatch, few: int, filter: Filter) -> None:
    monkeypatch.setattr("dashboard.register.outside.FEW", few)
    shown = TrackedTaskFactory.create_batch(2, prompt="a red fox")
    hidden = TrackedTaskFactory.create_batch(12, prompt="an owl", video=True)
    starring.star([task.pk for task in hidden], actor="li", address="")
    TrackedTaskFactory()
    selection = SelectionFactory(user=olga, tasks=[*shown, *hidden])
    found = outside(selection, filter)
    number = 0 if filter == Filter() else 12
    assert (found.number, found.numbers) == (number, tuple(sorted(ids(hidden)))[: min(number, 10)])


@pytest.mark.parametrize("many", [False, True])
def test_a_list_can_be_of_what_is_selected_only(olga: User, many: bool) -> None:
    tasks = TrackedTaskFactory.create_batch(130)
    selection = SelectionFactory(user=olga, tasks=tasks[::3])
    within = Filter(within=Within(selection=selection.pk, many=many))
    assert set(within.queryset().values_list("pk", flat=True)) == ids(tasks[::3])
    selection = presses.remove_all(filter=within.given("kind", "image"), selection=selection)
    assert selection.count == 0


def test_all_of_a_list_of_the_selected_is_what_it_was(olga: User) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    selection = SelectionFactory(user=olga, tasks=tasks[:2])
    within = Filter(within=Within.of(selection))
    assert pks(presses.select_all(user=olga, filter=within, selection=selection)) == ids(tasks[:2])


def test_a_set_takes_few_rows_and_its_counts_follow(olga: User) -> None:
    TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(601))
    selection = presses.select_all(user=olga, filter=Filter())
    assert SelectionBlock.objects.filter(selection=selection).count() <= 12
    numbers = list(TrackedTask.objects.values_list("pk", flat=True))
    membership.change(selection, entered=[], left=numbers[::2])
    assert (selection.count, selection.excluded) == (300, 301)
    assert membership.among(selection, numbers) == set(numbers[1::2])
    for first, last in ((100, 200), (0, 600), (599, 600), (600, 600)):
        between, held = (numbers[first], numbers[last]), numbers[first | 1 : last + 1 : 2]
        assert set(selecting.selected(selection, between=between).values_list("pk", flat=True)) == set(held)
        assert list(membership.walked(selection, between=between).values_list("pk", flat=True)) == held


def test_what_is_confirmed_leaves_and_what_was_ticked_meanwhile_stays(operator) -> None:
    first, meanwhile = TrackedTaskFactory.create_batch(2)
    selection = SelectionFactory(user=operator.user, tasks=[first])
    query = f"?selection={selection.uuid}"
    draft = operator.post(f"/deletions/new/{query}", {"selection": str(selection.uuid), "shown": ""})["Location"]
    ticks = selecting.Ticks(selection=None, shown=[meanwhile.pk], ticked=[meanwhile.pk], known=[])
    selecting.tick(selection, ticks, user=operator.user)
    operator.post(f"{draft}confirm/", {"reason": "Spring"})
    assert pks(selecting.find(selection.uuid, user=operator.user)) == {meanwhile.pk}


def test_what_is_confirmed_and_was_not_changed_leaves_nothing(operator) -> None:
    selection = SelectionFactory(user=operator.user, tasks=[TrackedTaskFactory()])
    query = f"?selection={selection.uuid}"
    draft = operator.post(f"/deletions/new/{query}", {"selection": str(selection.uuid), "shown": ""})["Location"]
    operator.post(f"{draft}confirm/", {"reason": "Spring"})
    assert not Selection.objects.exists()
