"""Times as files write them: moments where an offset is named, otherwise the clock of the person who imports."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from dashboard.register.importing.cells.fields import readers
from tests.register.reader import only_problem, rows

LOCAL = {
    "2026-10-05 01:15:00": "2026-10-04T17:15:00+00:00",
    "2026-10-05T01:15:00": "2026-10-04T17:15:00+00:00",
    "2026-10-05 01:15": "2026-10-04T17:15:00+00:00",
    "2026-10-05  1:15": "2026-10-04T17:15:00+00:00",
    "2026/10/3": "2026-10-02T16:00:00+00:00",
    "2026/10/03 01:15:00": "2026-10-02T17:15:00+00:00",
    "2026/10/3 1:15": "2026-10-02T17:15:00+00:00",
    "2026-1-5": "2026-01-04T16:00:00+00:00",
    "2026.10.03 01:15": "2026-10-02T17:15:00+00:00",
    "2026年10月3日": "2026-10-02T16:00:00+00:00",
    "2026年10月3日 01:15:00": "2026-10-02T17:15:00+00:00",
    "2026-10-05 01:15:00.250": "2026-10-04T17:15:00.250000+00:00",
    "2026-10-05t01:15:00": "2026-10-04T17:15:00+00:00",
    "2026-10-05T01": "2026-10-04T17:00:00+00:00",
    "20261005": "2026-10-04T16:00:00+00:00",
    "20261005T011500": "2026-10-04T17:15:00+00:00",
    "2026-W41-1": "2026-10-04T16:00:00+00:00",
}


@pytest.mark.parametrize(("text", "moment"), LOCAL.items(), ids=LOCAL)
def test_a_time_without_an_offset_is_of_the_importing_persons_zone(text: str, moment: str) -> None:
    """In these tests that is Shanghai."""
    assert rows(f"kind,task_id,created_at\nimage,a,{text}\n") == {
        ("image", "a"): {"created_at": moment, "created_raw": text}
    }


MOMENTS = {
    "2026-10-05T01:15:00Z": "2026-10-05T01:15:00+00:00",
    "2026-10-05 01:15:00+02:00": "2026-10-04T23:15:00+00:00",
    "2026/10/5 1:15 +0200": "2026-10-04T23:15:00+00:00",
    "2026/10/5 1:15 UTC": "2026-10-05T01:15:00+00:00",
    "2026-10-05 01:15:00 GMT": "2026-10-05T01:15:00+00:00",
    "2026-10-05T01:15:00+0800": "2026-10-04T17:15:00+00:00",
    "2026-10-05T01:15:00 +0800": "2026-10-04T17:15:00+00:00",
    "2026-10-05 01:15:00 -0330": "2026-10-05T04:45:00+00:00",
    "2026-10-05T01:15:00+08": "2026-10-04T17:15:00+00:00",
    "2026-10-05T01:15:00.1234567Z": "2026-10-05T01:15:00.123456+00:00",
    "2026-10-05T01:15Z": "2026-10-05T01:15:00+00:00",
    "20261005T011500Z": "2026-10-05T01:15:00+00:00",
    # A day of XML Schema, whose offset Python's parser takes for an hour.
    "2026-10-05+08:00": "2026-10-04T16:00:00+00:00",
    "2026-10-05Z": "2026-10-05T00:00:00+00:00",
}


@pytest.mark.parametrize(("text", "moment"), MOMENTS.items(), ids=MOMENTS)
def test_an_offset_says_it_all(text: str, moment: str) -> None:
    assert rows(f"kind,task_id,created_at\nimage,a,{text}\n") == {("image", "a"): {"created_at": moment}}


DAYS_FIRST = ["03/10/2026", "10/03/2026 01:15", "3.10.2026", "26/10/3", "05 Oct 2026"]
IMPOSSIBLE = ["2026/13/3", "2026/10/32", "2026-10-05 25:00", "1769774400", "２０２６/10/3"]


AMBIGUOUS = [
    "10/11/2026",
    "Oct 5, 2026",
    "Mon, 05 Oct 2026 01:15:00 +0800",
    # Milliseconds since 1970, which Python's parser reads as days of 1712 and 1709.
    "1712123100000",
    "1709123012345",
    "1769774400000",
    "1769774400.5",
    "20261005011500",
    "46300.052083",
    "2026-10-05-01:15",
    "2026-10-05x01:15",
    "2026-10-05_01:15",
    "2026-10-05 01.15",
    "2026-10-05 1:15 PM",
    "2026/10/3 上午1:15",
    "2026-10-05 01:15:00 CST",
    "2026-10-05 01:15:00 +0800 CST",
    "2026-10-05 01:15:00 UTC+8",
    "2026-10-05 01:15:00+8",
    "2026-10-05T01:15:00−08:00",
    "2026‑10‑05",
    "2026-10",
    "2026-10-05 1",
    "yesterday",
    "NaT",
]
NEVER = ["0000-00-00 00:00:00", "2026-02-30", "2026-10-05T24:00:00", "2026-10-05T01:15:60Z", "2026-10-05T01:75:00"]


@pytest.mark.parametrize("text", DAYS_FIRST + IMPOSSIBLE + [text for text in AMBIGUOUS if "," not in text] + NEVER)
def test_a_time_that_could_be_several_is_refused(text: str) -> None:
    sentence = f"The created_at is “{text}”. Use ISO 8601, such as 2026-01-30T12:00:00+00:00."
    assert only_problem(f"kind,task_id,created_at\nimage,a,{text}\n") == (2, sentence)


def test_a_time_with_a_comma_is_refused_in_quotes_as_well() -> None:
    for text in AMBIGUOUS:
        found = only_problem(f'kind,task_id,created_at\nimage,a,"{text}"\n')
        assert found == (2, f"The created_at is “{text}”. Use ISO 8601, such as 2026-01-30T12:00:00+00:00.")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-29 01:59", "2026-03-29T00:59:00+00:00"),
        ("2026-03-29 03:00", "2026-03-29T01:00:00+00:00"),
        # The clock never shows it: it is what it would be, had the clock not been put on.
        ("2026-03-29 02:30", "2026-03-29T01:30:00+00:00"),
        # The clock shows it twice: the first.
        ("2026-10-25 02:30", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25 03:00", "2026-10-25T02:00:00+00:00"),
    ],
)
def test_where_the_clock_is_changed(text: str, moment: str) -> None:
    read = readers(ZoneInfo("Europe/Berlin"))["created_at"]
    assert read(text) == {"created_at": moment, "created_raw": text}


@pytest.mark.parametrize("name", ["starttime", "开始时间"])
def test_the_apis_own_time_has_no_zone_that_anybody_knows(name: str) -> None:
    text = "2026-01-30 12:00:00"
    assert rows(f"kind,task_id,{name}\nimage,a,{text}\n") == {("image", "a"): {"created_raw": text}}
    both = f"kind,task_id,{name},created_at\nimage,a,{text},2026-01-30T12:00:00Z\n"
    assert rows(both) == {("image", "a"): {"created_raw": text, "created_at": "2026-01-30T12:00:00+00:00"}}
