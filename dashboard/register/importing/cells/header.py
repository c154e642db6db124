"""Finds the header of a table: titles and comments may come before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dashboard.register.importing.cells.columns import REQUIRED, Names, listed, named
from dashboard.register.importing.cells.entries import Entry, Note

MOST_BEFORE = 20
"""Rows that are examined."""
MOST_COLUMNS = 1000


class Way(NamedTuple):
    """One way to read a row: its cells, their delimiter, and its number of lines."""

    cells: Sequence[str]
    delimiter: str = ""
    lines: int = 1


class Header(NamedTuple):
    names: Names
    way: Way
    place: int
    """The number of rows before it; `passed` counts those that are neither comments nor blank."""
    passed: int

    @property
    def is_one(self) -> bool:
        return bool({*REQUIRED} & self.names.places.keys())

    def problem(self, *, kind: str) -> str:
        if len(self.names.given) > MOST_COLUMNS:
            return f"The header names more than {MOST_COLUMNS:,} columns. Nothing was read."
        if missing := self.names.missing(kind=kind):
            return f"The header lacks the {listed(missing)}. Nothing was read."
        if twice := self.names.twice():
            return f"The header names the {listed(twice)} twice. Nothing was read."
        return ""

    def told(self) -> Iterator[Entry]:
        yield self.names.told()
        if self.passed == 1:
            yield Note("One line before the header was passed over.")
        elif self.passed:
            yield Note(f"{self.passed} lines before the header were passed over.")


def find_header(rows: Iterable[Sequence[Way]], *, kind: str) -> Header | None:
    """The first row that names all that a task needs. Without one, the first row that is neither a comment nor blank.

    A row comes in every way in which it can be read; a comment in none. After other rows a header must name two
    columns, because in a list of ids such a word may be an id.
    """
    first, passed = None, 0
    for place, ways in enumerate(rows):
        if not ways:
            continue
        headers = [Header(_names(way.cells), way, place, passed) for way in ways]
        header = max(headers, key=lambda header: len(header.names.places))
        if not header.names.missing(kind=kind) and (not passed or len(header.names.places) > 1):
            return header
        first = first or header
        passed += 1
    return first


def _names(cells: Sequence[str]) -> Names:
    """The names without the empty cells at the end that spreadsheets leave."""
    last = max((place for place, cell in enumerate(cells[: MOST_COLUMNS + 1]) if cell.strip()), default=-1)
    return named([cell.strip(" \t\r\n'\ufeff") for cell in cells[: last + 1]])
