"""Pages of the register by cursor, and the number of their tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import QueryDict

from dashboard.pages.cursors import cut
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.foreign import quoted
from dashboard.register import membership
from dashboard.register.counting import Count, count, count_soon
from dashboard.register.filters.filter import Filter
from dashboard.register.looks import View
from dashboard.register.membership import Within
from dashboard.register.models import LISTED, Selection, TrackedTask
from dashboard.register.selecting import row_numbers
from dashboard.register.walking import NEWEST_FIRST, OLDEST_FIRST, Cursor, Walk


@dataclass(frozen=True, kw_only=True)
class Address:
    """The state of the list in its URL."""

    filter: Filter
    sort: str = NEWEST_FIRST
    cursor: Cursor | None = None
    selection: UUID | None = None
    selected: bool = False
    """Only what is selected is listed."""
    view: str = ""
    """Empty for the one that the person chose."""
    saved: UUID | None = None
    """The saved view that this was opened as. What is listed is told by the rest alone."""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        filter = Filter.from_query(query)
        sort = query.get("sort") or NEWEST_FIRST
        if sort not in {NEWEST_FIRST, OLDEST_FIRST}:
            raise BadFilter(f"Sort: {quoted(sort)} is not one of -created or created.")
        selection = _uuid(query, "selection", "The selection in this address is damaged. Select the tasks again.")
        saved = _uuid(query, "saved", "The saved view in this address is damaged. Open it from Saved views.")
        if (selected := query.get("selected", "")) not in {"", "1"}:
            raise BadFilter(f"Selected: {quoted(selected)} is not 1.")
        view = query.get("view", "")
        if view and view not in View.values:
            raise BadFilter(f"View: {quoted(view)} is not one of table or gallery.")
        cursor = Cursor.from_text(query.get("cursor", ""))
        return cls(
            filter=filter,
            sort=sort,
            cursor=cursor,
            selection=selection,
            selected=bool(selected),
            view=view,
            saved=saved,
        )

    def query_string(self) -> str:
        besides = {
            "sort": self.sort if self.sort != NEWEST_FIRST else "",
            "cursor": str(self.cursor or ""),
            "selection": str(self.selection or ""),
            "selected": "1" if self.selected else "",
            "view": self.view,
            "saved": str(self.saved or ""),
        }
        parts = [self.filter.query_string(), urlencode({name: text for name, text in besides.items() if text})]
        return "&".join(filter(None, parts))

    def with_cursor(self, cursor: Cursor | None) -> Self:
        return replace(self, cursor=cursor)

    def with_selection(self, selection: UUID | None) -> Self:
        return replace(self, selection=selection)

    def showing(self, selection: Selection | None) -> Self:
        """With what is selected, and, where only that is listed, narrowed to it."""
        if selection is None:
            return replace(self, selection=None, selected=False, filter=replace(self.filter, within=None))
        selected = self.selected and bool(selection.count)
        within = Within.of(selection) if selected else None
        return replace(self, selection=selection.uuid, selected=selected, filter=replace(self.filter, within=within))

    def kept(self, *, look: str) -> str:
        """What a saved view keeps of it, with the look that the page has."""
        view = self.view or look
        return replace(self, cursor=None, selection=None, selected=False, saved=None, view=view).query_string()

    def viewed_as(self, view: str) -> Self:
        return replace(self, view=view)

    def sorted_by(self, sort: str) -> Self:
        return replace(self, sort=sort, cursor=None)

    def narrowed_to(self, filter: Filter) -> Self:
        """A new filter starts at its first page."""
        return replace(self, filter=filter, cursor=None)

    def of_all(self) -> Self:
        """Not only of what is selected."""
        return replace(self, filter=replace(self.filter, within=None), selected=False, cursor=None)

    def of_selected(self) -> Self:
        return replace(self, filter=Filter(), selected=True, cursor=None)


def _uuid(query: QueryDict, name: str, damaged: str) -> UUID | None:
    try:
        return UUID(text) if (text := query.get(name, "")) else None
    except ValueError as error:
        raise BadFilter(damaged) from error


@dataclass(kw_only=True)
class Page:
    rows: list[TrackedTask]
    shown: str
    """The rows' numbers, as the page's form sends them back."""
    newer: Cursor | None
    older: Cursor | None
    ticked: str = ""
    """The numbers of selected rows, in the same form."""
    left: int = 0
    """How many of these rows are no longer in the list."""
    count: Count | None = None
    """How many tasks match on all pages, if finding these rows showed it."""
    plenty: bool = False
    """True if so many tasks match that a page would wait for their number."""


def count_beside(address: Address, page: Page) -> Count:
    """How many tasks match: without a query if the page knows it, and a lower bound if the page would have to wait."""
    if page.count:
        return page.count
    more = bool(address.cursor or page.newer or page.older)
    if more or address.filter.by_time:
        if not page.rows:
            return count(address.filter)
        counted = None if page.plenty else count_soon(address.filter)
        return counted or Count(number=len(page.rows), at_least=more, later=True)
    return Count(number=len(page.rows))


def page(address: Address, *, selection: Selection | None = None, size: int | None = None) -> Page:
    tasks = TrackedTask.objects.in_rows()
    cursor = address.cursor
    onward = cursor is None or cursor.onward
    size = size or settings.TASKS_PER_PAGE
    walk = Walk.through(address.filter, sort=address.sort, tasks=tasks)
    found = walk.beyond(cursor, limit=size + 1)
    # Behind a cursor is at least the row that it was made from.
    behind = cursor is not None and (bool(cursor.pk) or bool(walk.beyond(cursor.turned(), limit=1)))
    rows, page_before, next_page = cut(found, size=size, onward=onward, behind=behind)
    if selection is not None:
        _mark(rows, selection)
    return replace(
        _paged(address, rows, next_page=next_page, page_before=page_before), count=walk.count, plenty=walk.plenty
    )


def cursor_at(address: Address, day: date) -> Cursor | None:
    """The cursor where that day begins, or turned round if no task follows. None if there are no tasks."""
    walk = Walk.through(address.filter, sort=address.sort, tasks=TrackedTask.objects.only("created_at"))
    here = Cursor.at_day(day, sort=address.sort)
    return next((cursor for cursor in (here, here.turned()) if walk.beyond(cursor, limit=1)), None)


def around(address: Address, shown: list[int], *, selection: Selection | None = None) -> Page:
    """The page that somebody has before them, although rows may have come or gone since."""
    rows = {row.pk: row for row in TrackedTask.objects.in_rows().filter(pk__in=shown)}
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


def beside(
    address: Address, task: TrackedTask, *, reach: int, selection: Selection | None = None
) -> tuple[list[TrackedTask], TrackedTask, list[TrackedTask]]:
    """The rows before a task, its own, and those behind it. It need not be in the list any more: its place is."""
    tasks = TrackedTask.objects.in_rows()
    walk = Walk.through(address.filter, sort=address.sort, tasks=tasks)
    here = Cursor.beside(task, onward=True)
    before, behind = walk.beyond(here.turned(), limit=reach)[::-1], walk.beyond(here, limit=reach)
    row = tasks.get(pk=task.pk)
    if selection is not None:
        _mark([*before, row, *behind], selection)
    return before, row, behind


def _is_listed(row: TrackedTask, filter: Filter) -> bool:
    """Whether a row is still in the list: a deletion changes its presence only."""
    if filter.presence:
        return row.presence == filter.presence
    return filter.by_task_id or row.presence in LISTED


def rows_for_shown(shown: str) -> list[TrackedTask]:
    """The rows of one page, from the text in its form."""
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


def _mark(rows: list[TrackedTask], selection: Selection) -> None:
    held = membership.among(selection, [row.pk for row in rows])
    for row in rows:
        row.selected = row.pk in held and not row.blocked
