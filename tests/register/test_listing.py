from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from dashboard.pages.filter_forms import BadFilter
from dashboard.register import counting, listing
from dashboard.register.counting import Count, count
from dashboard.register.filters.filter import Filter
from dashboard.register.listing import Address
from dashboard.register.models import TrackedTask
from dashboard.register.selecting import BadSelection
from dashboard.register.walking import Cursor
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)


def a_register(known: int, unknown: int, *, moments: int = 7) -> None:
    """Rows in no order, many of them of the very same moment."""
    times = [BEGINNING + timedelta(microseconds=number % moments) for number in range(known)] + [None] * unknown
    random.Random(5).shuffle(times)
    TrackedTask.objects.bulk_create([TrackedTaskFactory.build(created_at=time) for time in times])


def whole_order(sort: str) -> list[int]:
    rows = list(TrackedTask.objects.values_list("created_at", "pk"))
    known = sorted((row for row in rows if row[0]), reverse=sort == "-created")
    unknown = sorted((row for row in rows if not row[0]), key=lambda row: row[1], reverse=sort == "-created")
    return [pk for _, pk in known + unknown]


def walk(address: Address, *, onward: str) -> tuple[list[int], listing.Page]:
    """All pages from `address` on: their rows, and the last page."""
    pks: list[int] = []
    while True:
        page = listing.page(address)
        pks += [row.pk for row in page.rows] if onward == "forth" else [row.pk for row in page.rows][::-1]
        forth, back = (page.older, page.newer) if address.sort == "-created" else (page.newer, page.older)
        cursor = forth if onward == "forth" else back
        if cursor is None:
            return pks, page
        # The way over the address, as a browser goes it.
        address = Address.from_query(QueryDict(address.with_cursor(cursor).query_string()))


@pytest.mark.parametrize("sort", ["-created", "created"])
@pytest.mark.parametrize(("known", "unknown"), [(137, 83), (100, 50), (50, 0), (0, 120), (51, 0), (3, 2)])
def test_pages_follow_one_another_without_gap_or_repeat(sort: str, known: int, unknown: int) -> None:
    a_register(known, unknown)
    pks, _ = walk(Address(filter=Filter(), sort=sort), onward="forth")
    assert pks == whole_order(sort)


@pytest.mark.parametrize("sort", ["-created", "created"])
def test_the_way_back_shows_the_same_rows(sort: str) -> None:
    a_register(137, 83)
    _, last = walk(Address(filter=Filter(), sort=sort), onward="forth")
    end = Cursor.beside(last.rows[-1], onward=False)
    pks, first = walk(Address(filter=Filter(), sort=sort, cursor=end), onward="back")
    assert [last.rows[-1].pk, *pks] == whole_order(sort)[::-1]
    assert first.rows[0].pk == whole_order(sort)[0]


def test_older_always_leads_to_older_tasks() -> None:
    a_register(60, 0)
    newest_first = listing.page(Address(filter=Filter()))
    assert newest_first.newer is None
    assert newest_first.older is not None
    oldest_first = listing.page(Address(filter=Filter(), sort="created"))
    assert oldest_first.newer is not None
    assert oldest_first.older is None


def test_a_page_has_fifty_rows_and_names_them() -> None:
    a_register(60, 0)
    page = listing.page(Address(filter=Filter()))
    assert page.shown == ",".join(map(str, whole_order("-created")[:50]))


def test_a_filter_goes_on_over_pages() -> None:
    a_register(70, 40)
    TrackedTask.objects.filter(pk__in=whole_order("created")[::3]).update(kind="video")
    pks, _ = walk(Address(filter=Filter(kind="image")), onward="forth")
    videos = set(TrackedTask.objects.filter(kind="video").values_list("pk", flat=True))
    assert pks == [pk for pk in whole_order("-created") if pk not in videos]


@pytest.mark.parametrize("moment", [BEGINNING, datetime(1969, 7, 20, 20, 17, 40, 250_000, tzinfo=UTC), None])
def test_a_cursor_survives_the_address(moment: datetime | None) -> None:
    cursor = Cursor(onward=False, created_at=moment, pk=12)
    assert Cursor.from_text(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["1", "a1", "c1.1", "a1.x", "a1.-1", "a999999999999999999.1", "a1.1 ", "a١.1"])
def test_a_damaged_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadFilter, match="This page's address is damaged. Go to the first page."):
        Cursor.from_text(text)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("sort=size", "Sort: “size” is not one of -created or created."),
        ("selection=12", "The selection in this address is damaged."),
        ("cursor=a1.1&cursor=a1.2", "“cursor” stands 2 times in the address."),
        ("kind=image&page=2", "There is no filter called “page”."),
    ],
)
def test_a_damaged_address_is_refused(query: str, sentence: str) -> None:
    with pytest.raises(BadFilter, match=sentence):
        Address.from_query(QueryDict(query))


def test_an_address_reads_back_as_itself() -> None:
    query = "q=red+fox&kind=image&sort=created&cursor=ax.12&selection=6f9619ff-8b86-4011-b42d-00c04fc964ff"
    assert Address.from_query(QueryDict(query)).query_string() == query


def test_it_counts_in_one_query(django_assert_num_queries) -> None:
    a_register(9, 4)
    with django_assert_num_queries(1):
        assert count(Filter(created_after=BEGINNING.date())) == Count(number=9, left_out=4)


def test_it_counts_an_empty_register() -> None:
    assert count(Filter(created_after=BEGINNING.date())) == Count(number=0, left_out=0)


def test_counting_stops_at_the_cap(monkeypatch) -> None:
    a_register(9, 4)
    monkeypatch.setattr(counting, "COUNT_CAP", 13)
    assert count(Filter()).words == "13"
    monkeypatch.setattr(counting, "COUNT_CAP", 5)
    counted = count(Filter())
    assert (counted.number, counted.capped, counted.words) == (6, True, "over 5")


@pytest.mark.parametrize("q", ["fox", "fox_", "ox", "fox re"])
def test_a_task_that_a_word_finds_twice_counts_once(q: str) -> None:
    TrackedTaskFactory(task_id="fox_1", prompt="a fox_ in red")
    TrackedTaskFactory(task_id="fox_2", prompt="an owl")
    TrackedTaskFactory(task_id="fox_3", prompt="a fox_ in red", presence="deleted")
    assert count(Filter(q=q)) == Count(number=Filter(q=q).queryset().count())


def test_around_keeps_to_what_somebody_sees() -> None:
    a_register(110, 0)
    order = whole_order("-created")
    seen = order[:50]
    # Rows at the top go, so the same address would now show others.
    TrackedTask.objects.filter(pk__in=seen[:10]).update(presence="deleted")
    page = listing.around(Address(filter=Filter()), seen)
    assert page.shown == ",".join(map(str, seen))
    assert page.newer is None
    following = listing.page(Address(filter=Filter(), cursor=page.older))
    assert [row.pk for row in following.rows] == order[50:100]


def test_around_an_empty_page_leads_nowhere() -> None:
    page = listing.around(Address(filter=Filter()), [])
    assert (page.shown, page.newer, page.older) == ("", None, None)


def test_the_rows_of_a_page_are_found_again() -> None:
    first, second = TrackedTaskFactory.create_batch(2)
    assert {row.pk for row in listing.rows_for_shown(f"{first.pk},{second.pk},999999")} == {first.pk, second.pk}
    assert listing.rows_for_shown("") == []


@pytest.mark.parametrize("shown", ["1;2", "-1", "1,x", ",".join(["1"] * 201), "9" * 30])
def test_rows_that_no_page_shows_are_refused(shown: str) -> None:
    with pytest.raises(BadSelection):
        listing.rows_for_shown(shown)
