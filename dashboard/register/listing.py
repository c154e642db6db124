"""Pages of the register by cursor, and how many tasks they hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import QueryDict

from dashboard.pages.cursors import cut
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.foreign import quoted
from dashboard.register.counting import Count, count, count_soon
from dashboard.register.filters.filter import Filter
from dashboard.register.models import LISTED, Selection, SelectionEntry, TaskQuerySet, TrackedTask
from dashboard.register.selecting import row_numbers
from dashboard.register.walking import NEWEST_FIRST, OLDEST_FIRST, Cursor, Walk


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
            raise BadFilter(f"Sort: {quoted(sort)} is not one of -created or created.")
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
    ticked: str = ""
    """Those that are selected, written alike."""
    left: int = 0
    """How many of these rows are no longer in the list."""
    count: Count | None = None
    """How many match on all pages, where finding these rows told."""
    plenty: bool = False
    """So many that a page would wait for their number."""


def count_beside(address: Address, page: Page) -> Count:
    """How many match, but without a query where the page knows, and no more than a beginning where it would wait."""
    if page.count:
        return page.count
    more = bool(address.cursor or page.newer or page.older)
    if more or address.filter.by_time:
        if not page.rows:
            return count(address.filter)
        counted = None if page.plenty else count_soon(address.filter)
        return counted or Count(number=len(page.rows), at_least=more, later=True)
    return Count(number=len(page.rows))


def page(address: Address, *, selection: Selection | None = None) -> Page:
    tasks = _tasks(selection)
    cursor = address.cursor
    onward = cursor is None or cursor.onward
    size = settings.TASKS_PER_PAGE
    walk = Walk.through(address.filter, sort=address.sort, tasks=tasks)
    found = walk.beyond(cursor, limit=size + 1)
    # Behind a cursor lies at least the row that it was made from.
    behind = cursor is not None and (bool(cursor.pk) or bool(walk.beyond(cursor.turned(), limit=1)))
    rows, page_before, next_page = cut(found, size=size, onward=onward, behind=behind)
    if selection is not None:
        _mark(rows, selection)
    return replace(
        _paged(address, rows, next_page=next_page, page_before=page_before), count=walk.count, plenty=walk.plenty
    )


def cursor_at(address: Address, day: date) -> Cursor | None:
    """Where that day begins; before it, when nothing comes after. None when nothing is there at all."""
    walk = Walk.through(address.filter, sort=address.sort, tasks=TrackedTask.objects.only("created_at"))
    here = Cursor.at_day(day, sort=address.sort)
    return next((cursor for cursor in (here, here.turned()) if walk.beyond(cursor, limit=1)), None)


def around(address: Address, shown: list[int], *, selection: Selection | None = None) -> Page:
    """The page that somebody has before them, although rows may have come or gone since."""
    rows = {row.pk: row for row in _tasks(selection).filter(pk__in=shown)}
    here = [rows[pk] for pk in shown if pk in rows]
    if selection is not None:
        _mark(here, selection)
    walk = Walk.through(address.filter, sort=address.sort, tasks=TrackedTask.objects.only("created_at"))
    ends = [(here[-1], True), (here[0], False)] if here else []
    beyond = [bool(walk.beyond(Cursor.beside(row, onward=onward), limit=1)) for row, onward in ends]
    next_page, page_before = beyond or (False, False)
    paged = _paged(address, here, next_page=next_page, page_before=page_before)
    left = sum(not _is_listed(row, address.filter) for row in here)
    return replace(paged, shown=",".join(map(str, shown)), left=left)


def _is_listed(row: TrackedTask, filter: Filter) -> bool:
    """Whether it is still in the list that once showed it: what a deletion changes is its presence."""
    if filter.presence:
        return row.presence == filter.presence
    return filter.by_task_id or row.presence in LISTED


def rows_for_shown(shown: str) -> list[TrackedTask]:
    """The rows of one page, by the text its form carries."""
    numbers = row_numbers([number for number in shown.split(",") if number])
    return list(TrackedTask.objects.in_rows().filter(pk__in=numbers))


def register_is_empty() -> bool:
    return not TrackedTask.objects.exists()


def _paged(address: Address, rows: list[TrackedTask], *, next_page: bool, page_before: bool) -> Page:
    onward = Cursor.beside(rows[-1], onward=True) if rows and next_page else None
    back = Cursor.beside(rows[0], onward=False) if rows and page_before else None
    newer, older = (back, onward) if address.sort == NEWEST_FIRST else (onward, back)
    shown, ticked = (",".join(str(row.pk) for row in some) for some in (rows, filter(_is_ticked, rows)))
    return Page(rows=rows, shown=shown, ticked=ticked, newer=newer, older=older)


def _is_ticked(row: TrackedTask) -> bool:
    return row.selected


def _tasks(selection: Selection | None) -> TaskQuerySet:
    """As rows are read, with what the selection says of each."""
    tasks = TrackedTask.objects.in_rows()
    if selection is None:
        return tasks
    entry = SelectionEntry.objects.filter(selection=selection.pk, task=OuterRef("pk"))
    return tasks.annotate(**{"entered": Exists(entry)})


def _mark(rows: list[TrackedTask], selection: Selection) -> None:
    every = selection.mode == Selection.Mode.ALL
    covers = Filter.of_selection(selection).covers if every else None
    for row in rows:
        row.added_later = every and row.pk > selection.through
        # An age takes in more tasks as time goes by, and the same day others in another zone.
        row.matches_later = covers is not None and not covers(row.created_at)
        row.selected = not row.blocked and row.entered != every
