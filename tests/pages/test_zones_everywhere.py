"""One moment, wherever it is shown: with the offset that it has for who looks, also where clocks are changed."""

from __future__ import annotations

import csv
import html
import io
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from dashboard.pages.spreadsheet import cell
from dashboard.register.filters.filter import Filter
from tests.conftest import Person
from tests.deletions.conftest import url_of
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MOMENTS = {
    "no zone chosen": ("", (2026, 11, 28, 22, 45), "28 Nov 2026, 22:45 UTC", "2026-11-28T22:45:00+00:00"),
    "the next day there": (
        "Asia/Shanghai", (2026, 11, 28, 22, 45), "29 Nov 2026, 06:45 UTC+08:00", "2026-11-29T06:45:00+08:00"
    ),
    "the next year there": (
        "Pacific/Kiritimati", (2026, 12, 31, 10, 0), "1 Jan 2027, 00:00 UTC+14:00", "2027-01-01T00:00:00+14:00"
    ),
    "the year before there": (
        "America/Los_Angeles", (2027, 1, 1, 7, 59), "31 Dec 2026, 23:59 UTC-08:00", "2026-12-31T23:59:00-08:00"
    ),
    "a quarter of an hour": (
        "Asia/Kathmandu", (2026, 11, 28, 22, 45), "29 Nov 2026, 04:30 UTC+05:45", "2026-11-29T04:30:00+05:45"
    ),
    "before clocks are put on": (
        "Europe/Berlin", (2026, 3, 29, 0, 59), "29 Mar 2026, 01:59 UTC+01:00", "2026-03-29T01:59:00+01:00"
    ),
    "after clocks are put on": (
        "Europe/Berlin", (2026, 3, 29, 1, 0), "29 Mar 2026, 03:00 UTC+02:00", "2026-03-29T03:00:00+02:00"
    ),
    "the first of an hour that comes twice": (
        "America/New_York", (2026, 11, 1, 5, 30), "1 Nov 2026, 01:30 UTC-04:00", "2026-11-01T01:30:00-04:00"
    ),
    "the second of it": (
        "America/New_York", (2026, 11, 1, 6, 30), "1 Nov 2026, 01:30 UTC-05:00", "2026-11-01T01:30:00-05:00"
    ),
    "half an hour of summer": (
        "Australia/Lord_Howe", (2026, 1, 15, 12, 0), "15 Jan 2026, 23:00 UTC+11:00", "2026-01-15T23:00:00+11:00"
    ),
    "a winter that is put back": (
        "Europe/Dublin", (2026, 1, 15, 12, 0), "15 Jan 2026, 12:00 UTC", "2026-01-15T12:00:00+00:00"
    ),
    "a zone that moved": (
        "America/Caracas", (2010, 6, 1, 12, 0), "1 Jun 2010, 07:30 UTC-04:30", "2010-06-01T07:30:00-04:30"
    ),
    "the islands of Chatham": (
        "Pacific/Chatham", (2026, 1, 1, 0, 0), "1 Jan 2026, 13:45 UTC+13:45", "2026-01-01T13:45:00+13:45"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("zone", "at", "words", "exact"), MOMENTS.values(), ids=MOMENTS)
def test_every_page_and_export_names_the_same_moment(operator: Person, zone: str, at, words: str, exact: str) -> None:
    operator.post("/account/", {"time_zone": zone})
    moment = datetime(*at, tzinfo=UTC)
    task = TrackedTaskFactory(created_at=moment)
    deletion = DeletionFactory(created_at=moment, total=1, deleted=1)
    DeletionItemFactory(deletion=deletion, tracked=task, settled_at=moment, sent_at=moment, outcome="deleted")
    pages = ["/tasks/", f"/tasks/image/{task.task_id}/", reverse("deletion-list"), deletion.get_absolute_url()]
    for page in pages:
        content = operator.get(page).content.decode()
        # A list of ages has the machine's own time for scripts.
        assert f'datetime="{exact if page != "/tasks/" else moment.isoformat()}"' in content, page
        assert words in html.unescape(strip_tags(content)) or words in html.unescape(content), page
    report = b"".join(operator.get(url_of("report-csv", deletion)).streaming_content).decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(report)))["settled_at"] == exact
    told = json.loads(b"".join(operator.get(url_of("report-json", deletion)).streaming_content))
    assert told["items"][0]["settled_at"] == moment.isoformat().replace("+00:00", "Z")


CHIPS = {
    "a day": ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999999Z"),
    "a day of 25 hours": ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999999Z"),
    "a skipped midnight": ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00Z", "2022-03-27T20:59:59.999999Z"),
    "a day that never was": ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T09:59:59.999999Z"),
    "a day half an hour off": ("Asia/Kolkata", "2026-01-01", "2025-12-31T18:30:00Z", "2026-01-01T18:29:59.999999Z"),
    "a day of the islands": ("Pacific/Chatham", "2026-04-05", "2026-04-04T10:15:00Z", "2026-04-05T11:14:59.999999Z"),
}


@pytest.mark.parametrize(("zone", "day", "begin", "end"), CHIPS.values(), ids=CHIPS)
def test_a_filters_day_names_its_zone_and_is_frozen_as_moments(zone: str, day: str, begin: str, end: str) -> None:
    with timezone.override(zone):
        filter = Filter.from_query(QueryDict(f"created_after={day}&created_before={day}"))
        assert [chip.value for chip in filter.chips()] == [f"{day} {zone}"] * 2
        frozen = QueryDict(filter.frozen().query_string())
        assert (frozen["created_after"], frozen["created_before"]) == (begin, end)


@pytest.mark.parametrize(
    ("zone", "at", "words"),
    [
        ("Asia/Shanghai", "2026-10-25T00:30:00Z", "25 Oct 2026, 08:30:00 UTC+08:00"),
        ("Europe/Berlin", "2026-10-25T00:30:00Z", "25 Oct 2026, 02:30:00 UTC+02:00"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "25 Oct 2026, 02:30:00 UTC+01:00"),
    ],
)
def test_a_filters_moment_has_its_offset(zone: str, at: str, words: str) -> None:
    with timezone.override(zone):
        assert [chip.value for chip in Filter.from_query(QueryDict(f"created_after={at}")).chips()] == [words]


@pytest.mark.parametrize(
    ("at", "written"),
    [
        ((2026, 10, 25, 0, 30), "2026-10-25T02:30:00+02:00"),
        ((2026, 10, 25, 1, 30), "2026-10-25T02:30:00+01:00"),
        ((2026, 3, 29, 1, 0), "2026-03-29T03:00:00+02:00"),
        ((1, 1, 1, 0, 0), "0001-01-01T00:53:28+00:53:28"),
    ],
)
def test_a_cell_of_an_export_has_the_offset_of_its_moment(at: tuple[int, ...], written: str) -> None:
    assert cell(datetime(*at, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin")) == written
