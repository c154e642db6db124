"""What the dialog says of a whole set: counts as bars, outliers first, and pictures from all over it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.access.models import Profile
from dashboard.deletions.drafts import freezing, outliers, periods
from dashboard.deletions.drafts.facts import facts_of
from dashboard.deletions.drafts.spread import LOOKED_AT, SHOWN
from dashboard.deletions.models import Deletion
from dashboard.register.models import Star, TrackedTask
from tests.deletions.conftest import drafted, ticked
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


def draft_of_all(user) -> Deletion:
    return freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=user)


def bars(draft: Deletion, title: str) -> list[tuple[str, int]]:
    [chart] = [chart for chart in facts_of(draft).charts if chart.title == title]
    return [(bar.label, bar.count) for bar in chart.bars]


def test_kinds_statuses_and_models_are_counted_without_what_is_skipped(olga) -> None:
    TrackedTaskFactory.create_batch(2, status="failed", model="zimage")
    TrackedTaskFactory(video=True, status="completed", model="")
    TrackedTaskFactory(held=True, status="queued", model="seedreamv5")
    draft = draft_of_all(olga)
    assert bars(draft, "Kind and status") == [("Images", 2), ("Videos", 1), ("Failed", 2), ("Completed", 1)]
    assert bars(draft, "Model") == [("zimage", 2), ("Unknown", 1)]
    assert [bar.width for bar in facts_of(draft).charts[1].bars] == ["66.67", "33.33"]


def test_rare_models_share_a_bar(olga) -> None:
    for number in range(7):
        TrackedTaskFactory.create_batch(8 - number, model=f"model-{number}")
    named = [(f"model-{number}", 8 - number) for number in range(5)]
    assert bars(draft_of_all(olga), "Model") == [*named, ("2 others", 3 + 2)]


@pytest.fixture(params=[0, 10_000], ids=["of many", "of few"])
def size(request, monkeypatch) -> None:
    """Of many the months are those of the register, of few those of the set: what is told is the same."""
    monkeypatch.setattr(periods, "FEW", request.param)


@pytest.mark.usefixtures("size")
def test_months_are_those_of_the_person_who_asked(olga) -> None:
    Profile.objects.create(user=olga, time_zone="Asia/Shanghai")
    for moment in (datetime(2026, 5, 31, 15, 59, tzinfo=UTC), datetime(2026, 5, 31, 16, tzinfo=UTC)):
        TrackedTaskFactory(created_at=moment)
    TrackedTaskFactory(created_at=datetime(2026, 8, 3, tzinfo=UTC))
    TrackedTaskFactory(created_at=None)
    olga.refresh_from_db()
    told = [("May 2026", 1), ("Jun 2026", 1), ("Aug 2026", 1), ("Unknown time", 1)]
    assert bars(draft_of_all(olga), "Created (Asia/Shanghai)") == told


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(
    ("first", "told"),
    [
        (datetime(2025, 4, 1, tzinfo=UTC), [("Apr 2025", 1), ("Mar 2026", 1)]),
        (datetime(2025, 3, 31, tzinfo=UTC), [("2025", 1), ("2026", 1)]),
        (datetime(1999, 1, 1, tzinfo=UTC), [("2015 and before", 1), ("2026", 1)]),
        (datetime(1, 1, 1, tzinfo=UTC), [("2015 and before", 1), ("2026", 1)]),
        (datetime(2015, 1, 1, tzinfo=UTC), [("2015", 1), ("2026", 1)]),
    ],
)
def test_many_months_are_told_as_years(olga, first: datetime, told: list[tuple[str, int]]) -> None:
    for moment in (first, datetime(2026, 3, 31, 23, 59, tzinfo=UTC)):
        TrackedTaskFactory(created_at=moment)
    assert bars(draft_of_all(olga), "Created (UTC)") == told


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("year", [1, 1970, 2027, 9999])
def test_what_else_the_register_has_changes_no_month(olga, year: int) -> None:
    TrackedTaskFactory(created_at=datetime(year, 6, 15, tzinfo=UTC), presence="deleted")
    for month in (3, 5, 5, 7):
        TrackedTaskFactory(created_at=datetime(2026, month, 1, tzinfo=UTC))
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.filter(presence="present"), actor=olga)
    assert bars(draft, "Created (UTC)") == [("Mar 2026", 1), ("May 2026", 2), ("Jul 2026", 1)]


@pytest.mark.usefixtures("size")
def test_a_set_of_unknown_times_has_no_month(olga) -> None:
    TrackedTaskFactory.create_batch(2, created_at=None)
    assert bars(draft_of_all(olga), "Created (UTC)") == [("Unknown time", 2)]


@pytest.fixture
def odd(db: None) -> list[TrackedTask]:
    """One that is young, two that are not done, one of them held, one that is like most, and one with a star."""
    starred = TrackedTaskFactory()
    Star.objects.create(task=starred, by="otto", starred_at=timezone.now())
    return [
        TrackedTaskFactory(created_at=timezone.now() - timedelta(minutes=59)),
        TrackedTaskFactory(status="uploading"),
        TrackedTaskFactory(status="queued", held=True),
        TrackedTaskFactory(created_at=timezone.now() - timedelta(minutes=61)),
        starred,
    ]


@pytest.mark.parametrize("listed", [0, 100], ids=["looked for", "stored"])
def test_outliers_are_told_first_and_can_be_opened(monkeypatch, operator, odd, listed: int) -> None:
    monkeypatch.setattr(outliers, "LISTED", listed)
    draft = draft_of_all(operator.user)
    page = operator.get(draft.get_absolute_url()).content.decode()
    told = ["1 is less than an hour old.", "1 is still processing.", "1 is starred.", "Created (UTC)"]
    places = [page.index(words) for words in told]
    assert places == sorted(places)
    for name, task in (("young", odd[0]), ("unfinished", odd[1]), ("starred", odd[4])):
        opened = operator.get(f"{draft.get_absolute_url()}?outlier={name}")
        assert [item.tracked_id for item in opened.context["items"]] == [task.pk]


def test_many_outliers_are_paged(monkeypatch, operator) -> None:
    monkeypatch.setattr(outliers, "LISTED", 5)
    tasks = TrackedTaskFactory.create_batch(60, status="processing")
    TrackedTaskFactory.create_batch(3)
    draft = draft_of_all(operator.user)
    first = operator.get(f"{draft.get_absolute_url()}?outlier=unfinished")
    second = operator.get(draft.get_absolute_url(), {"outlier": "unfinished", "from": first.context["next"]})
    shown = [item.tracked_id for page in (first, second) for item in page.context["items"]]
    assert shown == [task.pk for task in tasks]
    assert "Page 1 of 2" in first.content.decode()
    assert operator.get(f"{draft.get_absolute_url()}{second.context['previous_url']}").context["items"][0].tracked_id


def test_what_others_added_is_told(operator) -> None:
    mine, whose = TrackedTaskFactory(added_by="olga"), TrackedTaskFactory(added_by="")
    hers = TrackedTaskFactory(added_by="li.wei")
    draft = drafted(operator, [mine, whose, hers])
    [told] = facts_of(draft).odd
    assert (told.sentence, told.tasks) == ("1 was added by somebody else", [hers])
    opened = operator.get(f"{draft.get_absolute_url()}?outlier=others")
    assert [item.tracked for item in opened.context["items"]] == [hers]
    assert outliers.OUTLIERS["others"].sentence(2) == "2 were added by others"


@pytest.mark.parametrize("listed", [2, 100], ids=["one of a frequent kind", "all rare"])
def test_of_each_kind_the_first_are_stored(monkeypatch, operator, listed: int) -> None:
    monkeypatch.setattr(outliers, "LISTED", listed)
    both = TrackedTaskFactory(status="queued", added_by="li.wei")
    hers = TrackedTaskFactory(added_by="li.wei")
    queued = TrackedTaskFactory.create_batch(3, status="queued")
    draft = draft_of_all(operator.user)
    items = dict(draft.items.values_list("tracked_id", "pk"))
    stored = {name: (one["count"], one["items"], one["tasks"]) for name, one in draft.facts["outliers"].items()}
    first = [both, *queued][:listed]
    assert stored == {
        "unfinished": (4, [items[task.pk] for task in first], [task.pk for task in first[:2]]),
        "others": (2, [items[task.pk] for task in (both, hers)], [both.pk, hers.pk]),
    }


def test_no_outlier_no_warning(operator, tasks) -> None:
    page = operator.get(drafted(operator, tasks).get_absolute_url()).content.decode()
    assert "?outlier=" not in page
    assert operator.get(f"{Deletion.objects.get().get_absolute_url()}?outlier=odd").status_code == 400


def test_pictures_come_from_all_over_the_set(olga, images) -> None:
    images(10 * SHOWN)
    draft = draft_of_all(olga)
    tasks = list(draft.items.order_by("pk").values_list("tracked_id", flat=True))
    places = [tasks.index(task.pk) for task in facts_of(draft).thumbnails]
    assert places == [10 * number for number in range(SHOWN)]
    assert facts_of(draft).more == 9 * SHOWN


def test_tasks_with_a_picture_are_shown_rather(olga, images) -> None:
    images(LOOKED_AT * SHOWN)
    pictured = list(TrackedTask.objects.order_by("pk").values_list("pk", flat=True))[LOOKED_AT // 2 :: LOOKED_AT]
    TrackedTask.objects.filter(pk__in=pictured).update(urls=["http://127.0.0.1/a.png"])
    assert [task.pk for task in facts_of(draft_of_all(olga)).thumbnails] == pictured


def test_a_set_much_of_which_is_skipped_still_shows_as_many(olga, images) -> None:
    tasks = images(400)
    TrackedTask.objects.filter(pk__gt=tasks[29].pk).update(held_by="alice")
    shown = [task.pk for task in facts_of(draft_of_all(olga)).thumbnails]
    assert len(set(shown)) == SHOWN
    assert shown == sorted(shown)
    assert set(shown) <= {task.pk for task in tasks[:30]}


def test_opening_the_dialog_of_many_asks_no_more_than_of_few(operator, images) -> None:
    asked = []
    for number in (30, 300):
        images(number)
        draft = draft_of_all(operator.user)
        with CaptureQueriesContext(connection) as queries:
            operator.get(draft.get_absolute_url())
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_what_is_selected_and_not_in_view_is_named(operator) -> None:
    failed, done = TrackedTaskFactory(status="failed"), TrackedTaskFactory(status="failed")
    query = urlencode({"status": "failed"})
    operator.post(f"{reverse('task-selection')}?{query}", {"action": "update", **ticked([failed, done])})
    selection = operator.user.selection_set.get()
    TrackedTask.objects.filter(pk=done.pk).update(status="completed")
    posted = {"selection": str(selection.uuid), "shown": str(failed.pk), "task": [failed.pk]}
    operator.post(f"{reverse('deletion-draft')}?{query}", posted)
    draft = Deletion.objects.get()
    page = " ".join(operator.get(draft.get_absolute_url()).content.decode().split())
    assert (draft.size, draft.facts["outside"]) == (2, {"number": 1, "numbers": [done.pk]})
    assert "1 of these is not in the view</strong> from which you asked" in page


def test_all_that_match_are_in_view(operator, tasks) -> None:
    operator.post(reverse("task-selection"), {"action": "all", "shown": ""})
    posted = {"selection": str(operator.user.selection_set.get().uuid), "shown": ""}
    operator.post(reverse("deletion-draft"), posted)
    assert Deletion.objects.get().facts["outside"] is None
