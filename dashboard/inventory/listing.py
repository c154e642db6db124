"""Pages of the register by cursor: as quick at row 900,000 as at row 1, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import BigIntegerField, BooleanField, DateTimeField, Exists, F, Func, OuterRef, Subquery, Value
from django.http import QueryDict

from dashboard.inventory.filters import BadFilter, Filter
from dashboard.inventory.models import Selection, SelectionEntry, TaskQuerySet, TrackedTask
from dashboard.inventory.selecting import row_numbers

PAGE_SIZE = 50
COUNT_CAP = 20_000
NEWEST_FIRST = "-created"
OLDEST_FIRST = "created"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Beside which row a page lies, and on which side of it."""

    onward: bool
    created_at: datetime | None
    pk: int

    @classmethod
    def beside(cls, task: TrackedTask, *, onward: bool) -> Self:
        return cls(onward=onward, created_at=task.created_at, pk=task.pk)

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        if not text:
            return None
        parts = re.fullmatch(r"([ab])(x|-?[0-9]{1,18})\.([0-9]{1,18})", text)
        try:
            if parts is None:
                raise ValueError
            side, micros, pk = parts.groups()
            created_at = None if micros == "x" else EPOCH + timedelta(microseconds=int(micros))
        except (ValueError, OverflowError) as error:
            raise BadFilter("This page's address is damaged. Go to the first page.") from error
        return cls(onward=side == "a", created_at=created_at, pk=int(pk))

    def __str__(self) -> str:
        micros = "x" if self.created_at is None else str((self.created_at - EPOCH) // timedelta(microseconds=1))
        return f"{'a' if self.onward else 'b'}{micros}.{self.pk}"


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where in the register somebody stands: all that the list's URL says."""

    filter: Filter
    sort: str = NEWEST_FIRST
    cursor: Cursor | None = None
    selection: UUID | None = None

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        filter = Filter.from_query(query)
        sort = query.get("sort") or NEWEST_FIRST
        if sort not in {NEWEST_FIRST, OLDEST_FIRST}:
            raise BadFilter(f"Sort: “{sort[:60]}” is not one of -created or created.")
        try:
            selection = UUID(text) if (text := query.get("selection", "")) else None
        except ValueError as error:
            raise BadFilter("The selection in this address is damaged. Select the tasks again.") from error
        return cls(filter=filter, sort=sort, cursor=Cursor.from_text(query.get("cursor", "")), selection=selection)

    def query_string(self) -> str:
        besides = {
            "sort": self.sort if self.sort != NEWEST_FIRST else "",
            "cursor": str(self.cursor or ""),
            "selection": str(self.selection or ""),
        }
        parts = [self.filter.query_string(), urlencode({name: text for name, text in besides.items() if text})]
        return "&".join(filter(None, parts))

    def with_cursor(self, cursor: Cursor | None) -> Self:
        return replace(self, cursor=cursor)

    def with_selection(self, selection: UUID | None) -> Self:
        return replace(self, selection=selection)

    def sorted_by(self, sort: str) -> Self:
        return replace(self, sort=sort, cursor=None)

    def narrowed_to(self, filter: Filter) -> Self:
        """Another filter is another list, from its first page."""
        return replace(self, filter=filter, cursor=None)


@dataclass(kw_only=True)
class Page:
    rows: list[TrackedTask]
    shown: str
    """The rows' numbers, as the page's form sends them back."""
    newer: Cursor | None
    older: Cursor | None


class Tally(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS tally)"
    output_field = BigIntegerField()


@dataclass(frozen=True, kw_only=True)
class Count:
    number: int
    left_out: int = 0

    @property
    def capped(self) -> bool:
        return self.number > COUNT_CAP

    @property
    def words(self) -> str:
        return in_words(self.number)


def in_words(number: int) -> str:
    return f"over {COUNT_CAP:,}" if number > COUNT_CAP else f"{number:,}"


def count(filter: Filter) -> Count:
    """How many match, and how many a date leaves out, in one query and never further than the cap."""
    tallies = {"number": _tally(filter.queryset())}
    if filter.by_time:
        tallies["left_out"] = _tally(filter.left_out())
    # Any one row serves to hang the sums on; a register without rows has nothing to count.
    return Count(**(TrackedTask.objects.order_by("pk").values(**tallies).first() or {"number": 0}))


def count_beside(address: Address, page: Page) -> Count:
    """The same, but without a query where the page shows all there is."""
    if address.cursor or page.newer or page.older or address.filter.by_time:
        return count(address.filter)
    return Count(number=len(page.rows))


def _tally(tasks: TaskQuerySet) -> Tally:
    return Tally(tasks.order_by().values("pk")[: COUNT_CAP + 1])


def page(address: Address, *, selection: Selection | None = None) -> Page:
    tasks = address.filter.queryset()
    if selection is not None:
        entry = SelectionEntry.objects.filter(selection=selection.pk, task=OuterRef("pk"))
        tasks = tasks.annotate(**{"entered": Exists(entry)})
    cursor = address.cursor
    onward = cursor is None or cursor.onward
    rows = _beyond(tasks, address, cursor, limit=PAGE_SIZE + 1)
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE] if onward else rows[:PAGE_SIZE][::-1]
    if selection is not None:
        _mark(rows, selection)
    # Behind a cursor lies at least the row that it was made from.
    return _paged(address, rows, next_page=more or not onward, page_before=cursor is not None and (onward or more))


def around(address: Address, shown: list[int]) -> Page:
    """The page that somebody has before them, although rows may have come or gone since."""
    rows = {row.pk: row for row in TrackedTask.objects.filter(pk__in=shown)}
    here = [rows[pk] for pk in shown if pk in rows]
    tasks = address.filter.queryset()
    ends = [(here[-1], True), (here[0], False)] if here else []
    beyond = [bool(_beyond(tasks, address, Cursor.beside(row, onward=onward), limit=1)) for row, onward in ends]
    next_page, page_before = beyond or (False, False)
    paged = _paged(address, here, next_page=next_page, page_before=page_before)
    return replace(paged, shown=",".join(map(str, shown)))


def rows_for_shown(shown: str) -> list[TrackedTask]:
    """The rows of one page, by the text its form carries."""
    return list(TrackedTask.objects.filter(pk__in=row_numbers([number for number in shown.split(",") if number])))


def register_is_empty() -> bool:
    return not TrackedTask.objects.exists()


def _paged(address: Address, rows: list[TrackedTask], *, next_page: bool, page_before: bool) -> Page:
    onward = Cursor.beside(rows[-1], onward=True) if rows and next_page else None
    back = Cursor.beside(rows[0], onward=False) if rows and page_before else None
    newer, older = (back, onward) if address.sort == NEWEST_FIRST else (onward, back)
    return Page(rows=rows, shown=",".join(str(row.pk) for row in rows), newer=newer, older=older)


def _beyond(tasks: TaskQuerySet, address: Address, cursor: Cursor | None, *, limit: int) -> list[TrackedTask]:
    """The next rows from the cursor on, in the direction it looks."""
    onward = cursor is None or cursor.onward
    falling = (address.sort == NEWEST_FIRST) == onward
    # One query for both segments. The numbers are chosen inside, since SQLite allows no LIMIT in a part of a UNION.
    first, *others = [
        tasks.filter(pk__in=segment.values("pk")[:limit]).order_by()
        for segment in _segments(tasks, address, cursor, falling=falling, onward=onward)
    ]
    rows = list(first.union(*others, all=True))
    rows.sort(key=lambda row: (row.created_at or EPOCH, row.pk), reverse=falling)
    rows.sort(key=lambda row: (row.created_at is None) == onward)
    return rows[:limit]


def _segments(
    tasks: TaskQuerySet, address: Address, cursor: Cursor | None, *, falling: bool, onward: bool
) -> Iterator[TaskQuerySet]:
    """Tasks of known and of unknown time, each by the index: `NULLS LAST` over both would cost it."""
    tasks = tasks.order_by("-created_at", "-pk") if falling else tasks.order_by("created_at", "pk")
    known = tasks.filter(created_at__isnull=False)
    unknown = tasks.filter(created_at__isnull=True)
    if cursor is not None and cursor.created_at is None:
        yield unknown.filter(pk__lt=cursor.pk) if falling else unknown.filter(pk__gt=cursor.pk)
        if not onward:
            yield known
        return
    yield known.filter(_past(cursor, falling=falling)) if cursor else known
    # A date leaves unknown times out anyway.
    if onward and not address.filter.by_time:
        yield unknown


def _past(cursor: Cursor, *, falling: bool) -> Func:
    """A row value, `(created_at, id) < (x, y)`: `a < x OR (a = x AND id < y)` reads every row up to the cursor."""
    here = Func(F("created_at"), F("pk"), function="", output_field=BooleanField())
    there = Func(Value(cursor.created_at, DateTimeField()), Value(cursor.pk), function="", output_field=BooleanField())
    return Func(
        here,
        there,
        arg_joiner=" < " if falling else " > ",
        template="%(expressions)s",
        output_field=BooleanField(),
    )


def _mark(rows: list[TrackedTask], selection: Selection) -> None:
    every = selection.mode == Selection.Mode.ALL
    for row in rows:
        row.added_later = every and row.pk > selection.through
        row.selected = not row.blocked and row.entered != every
