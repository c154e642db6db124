"""What the fields Created from and Created until take, and that it goes on meaning the same."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import presses, selecting
from dashboard.register.filters.filter import Filter
from dashboard.register.filters.times import Age
from dashboard.register.listing import Address, page
from dashboard.register.models import Selection
from tests.conftest import Person
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def narrowed(query: str, zone: str = "UTC", now: datetime = NOW) -> Filter:
    with timezone.override(zone):
        return replace(Filter.from_query(QueryDict(query)), now=now)


def at(text: str, task_id: str = "") -> None:
    TrackedTaskFactory(task_id=task_id or text, created_at=datetime.fromisoformat(text))


def found(query: str, zone: str = "UTC", now: datetime = NOW) -> set[str]:
    return {task.task_id for task in narrowed(query, zone, now).queryset()}


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        ("UTC", "2026-03-02", "2026-03-02T00:00:00+00:00", "2026-03-02T23:59:59.999999+00:00"),
        ("Asia/Shanghai", "2026-03-02", "2026-03-02T00:00:00+08:00", "2026-03-02T23:59:59.999999+08:00"),
        ("Asia/Kathmandu", "2026-03-02", "2026-03-02T00:00:00+05:45", "2026-03-02T23:59:59.999999+05:45"),
        ("America/Los_Angeles", "2026-03-08", "2026-03-08T00:00:00-08:00", "2026-03-08T23:59:59.999999-07:00"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-25T23:59:59.999999+01:00"),
        ("Asia/Beirut", "2022-03-27", "2022-03-27T01:00:00+03:00", "2022-03-27T23:59:59.999999+03:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00", "2018-11-04T23:59:59.999999-02:00"),
        ("Pacific/Kiritimati", "2026-03-02", "2026-03-02T00:00:00+14:00", "2026-03-02T23:59:59.999999+14:00"),
    ],
)
def test_a_day_is_the_persons_and_both_ends_are_in_it(zone: str, day: str, first: str, last: str) -> None:
    for text in (first, last):
        moment = datetime.fromisoformat(text)
        at(text)
        at((moment - timedelta(microseconds=1)).isoformat(), f"before {text}")
        at((moment + timedelta(microseconds=1)).isoformat(), f"after {text}")
    inside = {first, last, f"after {first}", f"before {last}"}
    assert found(f"created_after={day}&created_before={day}", zone) == inside
    assert found(f"created_after={day}", zone) == inside | {f"after {last}"}
    assert found(f"created_before={day}", zone) == inside | {f"before {first}"}


def test_a_day_that_never_was_holds_nothing() -> None:
    for text in ("2011-12-29T23:59:59-10:00", "2011-12-31T00:00:00+14:00"):
        at(text)
    assert found("created_after=2011-12-30&created_before=2011-12-30", "Pacific/Apia") == set()
    assert found("created_after=2011-12-30", "Pacific/Apia") == {"2011-12-31T00:00:00+14:00"}
    assert found("created_before=2011-12-30", "Pacific/Apia") == {"2011-12-29T23:59:59-10:00"}


@pytest.mark.parametrize(
    ("age", "edge"),
    [
        ("-1h", "2026-03-31T11:00:00+00:00"),
        ("-30d", "2026-03-01T12:00:00+00:00"),
        ("-2w", "2026-03-17T12:00:00+00:00"),
        ("-1m", "2026-02-28T12:00:00+00:00"),
        ("-13m", "2025-02-28T12:00:00+00:00"),
        ("-1y", "2025-03-31T12:00:00+00:00"),
    ],
)
def test_an_age_is_counted_back_from_now_and_its_moment_is_on_both_sides(age: str, edge: str) -> None:
    moment = datetime.fromisoformat(edge)
    at(edge)
    at((moment - timedelta(microseconds=1)).isoformat(), "older")
    at((moment + timedelta(microseconds=1)).isoformat(), "newer")
    assert found(f"created_before={age}") == {edge, "older"}
    assert found(f"created_after={age}") == {edge, "newer"}


def test_months_are_those_of_the_persons_calendar() -> None:
    # In Tokyo it is the 1st of April already, and one month before that is no end of a shorter month.
    now = datetime(2026, 3, 31, 20, tzinfo=UTC)
    assert Age(1, "m").before(now, ZoneInfo("Asia/Tokyo")) == datetime(2026, 2, 28, 20, tzinfo=UTC)
    assert Age(1, "m").before(now, UTC) == datetime(2026, 2, 28, 20, tzinfo=UTC)
    # The same time of day, although the clocks were put forward between.
    assert Age(1, "m").before(datetime(2026, 4, 15, 10, tzinfo=UTC), ZoneInfo("Europe/Berlin")) == datetime(
        2026, 3, 15, 11, tzinfo=UTC
    )


@pytest.mark.parametrize("age", ["-9999y", "-9999m"])
def test_an_age_before_the_calendar_is_its_beginning(age: str) -> None:
    at("2026-03-01T00:00:00+00:00", "any")
    assert found(f"created_after={age}") == {"any"}
    assert found(f"created_before={age}") == set()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("-30d", "-30d"),
        (" -30D ", "-30d"),
        ("- 30 d", "-30d"),
        ("−30d", "-30d"),
        ("–30d", "-30d"),
        ("－３０ｄ", "-30d"),
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T08:00:00+08:00", "2026-03-01T00:00:00Z"),
        ("2026-03-01T00:00:00.5Z", "2026-03-01T00:00:00.500000Z"),
    ],
)
def test_the_same_time_has_one_text(text: str, canonical: str) -> None:
    query = QueryDict(mutable=True)
    query["created_before"] = text
    once = Filter.from_query(query)
    assert QueryDict(once.query_string())["created_before"] == canonical
    assert Filter.from_query(QueryDict(once.query_string())) == once


@pytest.mark.parametrize(
    "text",
    [
        "30d",
        "+30d",
        "-0d",
        "-30",
        "-d",
        "-1.5d",
        "-30s",
        "-1d2h",
        "--1d",
        "-99999d",
        "2026-03-01T08:00:00",
        "0000-01-01",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadFilter, match="Created until: “.*” is not a day. Write it as YYYY-MM-DD, or as an age"):
        narrowed(f"created_before={text.replace('+', '%2B')}")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("created_before=-30d", "Created until: older than 30 days"),
        ("created_after=-1h", "Created from: newer than 1 hour"),
        ("created_after=-2w&created_before=-1w", "Created from: newer than 2 weeks · Created until: older than 1 week"),
        ("created_before=-6m", "Created until: older than 6 months"),
        ("created_after=2026-01-05", "Created from: 2026-01-05 Asia/Kathmandu"),
        ("created_after=2026-01-05T00:00:00Z", "Created from: 5 Jan 2026, 05:45:00 UTC+05:45"),
    ],
)
def test_chips_say_it_in_words(query: str, words: str) -> None:
    assert narrowed(query, "Asia/Kathmandu").words == words


def test_chips_stand_on_the_page(viewer: Person) -> None:
    TrackedTaskFactory()
    shown = viewer.get("/tasks/?created_before=-30d").content.decode()
    assert "Remove</span> Created until: <strong><bdi>older than 30 days</bdi>" in " ".join(shown.split())
    assert re.search(r'name="created_before" value="-30d"', shown)


def test_frozen_it_means_the_same_in_any_zone_and_on_any_day() -> None:
    frozen = narrowed("q=fox&created_after=2026-03-01&created_before=-1d", "Asia/Shanghai").frozen()
    text = frozen.query_string()
    assert QueryDict(text).dict() == {
        "q": "fox",
        "created_after": "2026-02-28T16:00:00Z",
        "created_before": "2026-03-30T12:00:00Z",
    }
    later = narrowed(text, "America/New_York", NOW + timedelta(days=90))
    assert (later.begin, later.end) == (frozen.begin, frozen.end)


def select_all(person: Person, query: str, zone: str) -> Selection:
    with timezone.override(zone):
        return presses.select_all(user=person.user, filter=Filter.from_query(QueryDict(query)))


def test_all_that_matched_goes_although_the_zone_was_changed(operator: Person) -> None:
    at("2026-03-02T01:00:00+08:00", "of the 2nd there")
    at("2026-03-02T23:00:00+00:00", "of the 3rd there")
    selection = select_all(operator, "created_after=2026-03-02&created_before=2026-03-02", "Asia/Shanghai")
    with timezone.override("UTC"):
        assert [task.task_id for task in selecting.selected(selection)] == ["of the 2nd there"]
        draft = freezing.freeze(selection=selection, actor=operator.user, back="")
        assert [item.task_id for item in draft.items.all()] == ["of the 2nd there"]
    stored = QueryDict(Deletion.objects.get(pk=draft.pk).filter)
    assert stored["created_after"] == "2026-03-01T16:00:00Z"
    assert stored["created_before"] == "2026-03-02T15:59:59.999999Z"


def test_what_grows_old_enough_after_all_were_selected_is_not_among_them(operator: Person) -> None:
    now = timezone.now()
    old = TrackedTaskFactory(created_at=now - timedelta(days=31))
    nearly = TrackedTaskFactory(created_at=now - timedelta(days=30) + timedelta(hours=1))
    selection = select_all(operator, "created_before=-30d", "UTC")
    later = replace(Filter.from_query(QueryDict("created_before=-30d")), now=now + timedelta(hours=2))
    assert set(later.queryset()) == {old, nearly}
    assert list(selecting.selected(selection)) == [old]
    rows = page(Address(filter=later), selection=selecting.find(selection.uuid, user=operator.user)).rows
    assert {row.pk: row.selected for row in rows} == {old.pk: True, nearly.pk: False}


def test_a_row_that_was_not_among_them_excludes_nothing(operator: Person) -> None:
    old = TrackedTaskFactory(created_at=timezone.now() - timedelta(days=31))
    young = TrackedTaskFactory(created_at=timezone.now())
    selection = select_all(operator, "created_before=-30d", "UTC")
    ticks = selecting.Ticks(selection=None, shown=[old.pk, young.pk], ticked=[old.pk])
    same = selecting.tick(selection, ticks, user=operator.user)
    assert same is not None
    assert selecting.summary(same).words == "All 1 matching selected"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("UTC", ["b", "a"]), ("Asia/Shanghai", ["a"]), ("America/Los_Angeles", ["c", "b", "a"])],
)
def test_go_to_day_leads_to_the_persons_day(operator: Person, zone: str, shown: list[str]) -> None:
    at("2026-03-01T12:00:00+00:00", "a")
    at("2026-03-01T22:00:00+00:00", "b")
    at("2026-03-02T04:00:00+00:00", "c")
    operator.post("/account/", {"time_zone": zone})
    response = operator.get("/tasks/?day=2026-03-01", follow=True)
    assert [row.task_id for row in response.context["page"]["rows"]] == shown
    assert response.context["day"] == date(2026, 3, 1)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/tasks/", ["created_after", "created_before"]),
        ("/deletions/", ["after", "before"]),
        ("/audit/", ["after", "before"]),
    ],
)
def test_every_field_for_a_day_says_whose_day_it_is(viewer: Person, zone: str, path: str, names: list[str]) -> None:
    TrackedTaskFactory()
    viewer.post("/account/", {"time_zone": zone})
    shown = viewer.get(path).content.decode()
    for name in names:
        assert f'id="id_{name}_zone" title="{zone}">{zone}</span>' in shown
        assert f'aria-describedby="id_{name}_zone"' in shown
    assert ('<span class="zone" id="day_zone">' in shown) == (path == "/tasks/")


def test_the_fields_are_called_created_from_and_created_until(viewer: Person) -> None:
    shown = viewer.get("/tasks/").content.decode()
    assert '<label for="id_created_after">Created from</label>' in shown
    assert '<label for="id_created_before">Created until</label>' in shown


def test_the_longest_filter_can_be_kept_with_moments_in_place_of_its_days(operator: Person) -> None:
    query = "q=" + "%E7%BA%A2" * 200 + "&created_after=2026-03-01&created_before=2026-03-02"
    assert 1800 < len(query) < 1900
    selection = select_all(operator, query, "Asia/Shanghai")
    assert len(selecting.meaning(selection)) > len(selection.filter or "")
    selection.refresh_from_db()
    assert selecting.selected(selection).count() == 0
