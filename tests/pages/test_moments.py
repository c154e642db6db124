from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dashboard.pages import moments

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 28, 12, 0, 5, tzinfo=UTC)


def length(day: date, zone: ZoneInfo) -> timedelta:
    return moments.end_of(day, zone) - moments.begin_of(day, zone) + moments.TICK


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "28 Nov 2026, 12:00 UTC"),
        ("Europe/London", "28 Nov 2026, 12:00 UTC"),
        ("Asia/Shanghai", "28 Nov 2026, 20:00 UTC+08:00"),
        ("Asia/Kathmandu", "28 Nov 2026, 17:45 UTC+05:45"),
        ("America/Los_Angeles", "28 Nov 2026, 04:00 UTC-08:00"),
        ("Pacific/Kiritimati", "29 Nov 2026, 02:00 UTC+14:00"),
    ],
)
def test_a_moment_names_its_zone(zone: str, words: str) -> None:
    with timezone.override(zone):
        assert moments.in_words(NOON) == words


def test_what_is_kept_is_in_utc() -> None:
    with timezone.override("Asia/Shanghai"):
        assert moments.for_record(NOON) == "28 Nov 2026, 12:00:05 UTC"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ((2026, 10, 25, 0, 30), "25 Oct 2026, 02:30 UTC+02:00"),
        ((2026, 10, 25, 1, 30), "25 Oct 2026, 02:30 UTC+01:00"),
    ],
)
def test_an_hour_that_comes_twice_is_told_apart(at: tuple[int, ...], words: str) -> None:
    assert moments.in_words(datetime(*at, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin")) == words


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("moment", [moments.FIRST, moments.LAST])
def test_the_ends_of_the_calendar_can_be_told_in_any_zone(zone: str, moment: datetime) -> None:
    with timezone.override(zone):
        assert "UTC" in moments.shown(moment)


def test_a_page_has_the_exact_moment_beside_the_words() -> None:
    with timezone.override("Asia/Kathmandu"):
        assert moments.shown(NOON, "clock") == (
            '<time datetime="2026-11-28T17:45:05+05:45" title="28 Nov 2026, 17:45:05 UTC+05:45">'
            "17:45:05 UTC+05:45</time>"
        )


@pytest.mark.parametrize(
    ("zone", "first", "last", "words"),
    [
        ("UTC", (2026, 1, 3), (2026, 6, 2), "3 Jan – 2 Jun 2026 UTC"),
        ("UTC", (2025, 1, 3), (2026, 6, 2), "3 Jan 2025 – 2 Jun 2026 UTC"),
        ("UTC", (2026, 1, 3), (2026, 1, 3), "3 Jan 2026 UTC"),
        ("Europe/Berlin", (2026, 1, 3), (2026, 6, 2), "3 Jan – 2 Jun 2026 Europe/Berlin"),
        ("Asia/Shanghai", (2026, 1, 3), (2026, 6, 2), "3 Jan – 2 Jun 2026 UTC+08:00"),
        ("America/New_York", (2026, 1, 3), (2026, 1, 3), "2 Jan 2026 UTC-05:00"),
    ],
)
def test_days_are_those_of_who_reads(zone: str, first: tuple[int, ...], last: tuple[int, ...], words: str) -> None:
    with timezone.override(zone):
        assert moments.days(datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC)) == words


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Asia/Beirut", date(2022, 3, 27), 23),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Havana", date(2025, 11, 2), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Toronto", date(1919, 3, 31), 23.5),
        ("Asia/Kathmandu", date(2026, 1, 1), 24),
        ("Pacific/Apia", date(2011, 12, 29), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Pacific/Apia", date(2011, 12, 31), 24),
    ],
)
def test_a_day_is_as_long_as_it_was_there(zone: str, day: date, hours: float) -> None:
    assert length(day, ZoneInfo(zone)) == hours * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-27T01:00:00+03:00"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T01:00:00-02:00"),
        ("America/Toronto", date(1919, 3, 31), "1919-03-31T00:30:00-04:00"),
        ("America/Havana", date(2025, 11, 2), "2025-11-02T00:00:00-04:00"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-31T00:00:00+14:00"),
    ],
)
def test_a_day_begins_where_its_first_moment_is(zone: str, day: date, begins: str) -> None:
    assert moments.local(moments.begin_of(day, ZoneInfo(zone)), ZoneInfo(zone)).isoformat() == begins


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "Asia/Beirut", "America/Havana", "Pacific/Apia", "America/St_Johns", "Asia/Gaza"]
)
def test_each_day_begins_at_its_first_moment_and_ends_before_the_next(zone: str) -> None:
    here = ZoneInfo(zone)
    for number in range(366 * 20):
        day = date(2001, 1, 1) + timedelta(days=number)
        begin = moments.begin_of(day, here)
        assert begin.astimezone(here).date() >= day > (begin - moments.TICK).astimezone(here).date()
        assert moments.end_of(day, here) + moments.TICK == moments.begin_of(day + timedelta(days=1), here)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "America/Los_Angeles"])
def test_the_first_and_the_last_day_of_the_calendar_are_days(zone: str) -> None:
    here = ZoneInfo(zone)
    assert moments.FIRST <= moments.begin_of(date.min, here) < moments.end_of(date.min, here)
    assert moments.begin_of(date.max, here) < moments.end_of(date.max, here) == moments.LAST
