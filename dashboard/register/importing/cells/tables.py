"""Rows under a header: of CSV, of a workbook, or of JSON objects with equal names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from dashboard.register.importing.cells.columns import NAMES, Names, letters, named, names_an_id
from dashboard.register.importing.cells.entries import Entry, Note, Problem, Row, made
from dashboard.register.importing.cells.fields import Reader

AGAIN = "A header that stands there again was passed over."
ANOTHER = "Another header stands here, with other columns. What follows was not read."
LINE = re.compile(r"[\s|+:=\-─━═┼╪╋│┃├┤]*[-─━═][\s|+:=\-─━═┼╪╋│┃├┤]*|\x1a+")
"""Lines drawn in text tables by Markdown and databases' shells, and the end mark of an old file."""
LONGEST_NAME = 20


class Table:
    """Reads rows under these names."""

    __slots__ = ("_chosen", "_given", "_kind", "_places", "_task_id")

    def __init__(self, names: Names, *, kind: str, readers: dict[str, Reader]) -> None:
        """`kind` is used if there is no kind column."""
        self._places = names.places
        self._kind = names.place("kind")
        self._task_id = names.place("task_id")
        self._chosen = kind or names.kind
        self._given = [(reader, place) for column, reader in readers.items() for place in names.places.get(column, [])]

    def header_again(self, cells: Sequence[str], *, line: int) -> Note | Problem | None:
        """A note if the header is repeated, as in joined files; a problem, which ends the reading, if it differs."""
        own = cells[self._task_id] if self._task_id is not None and self._task_id < len(cells) else ""
        if not (_is_a_name(own) or _is_a_name(cells[0])):
            return None
        places = named([cell.strip(" \t\r\n'\ufeff") for cell in cells]).places
        if names_an_id(own) and all(self._places.get(column) == there for column, there in places.items()):
            return Note(AGAIN)
        return Problem(line, ANOTHER) if "task_id" in places and len(places) > 1 else None

    def entry(self, cells: Sequence[object], *, line: int) -> Row | Problem:
        kind = self._chosen if self._kind is None else cells[self._kind]
        task_id = None if self._task_id is None else cells[self._task_id]
        return made(kind, task_id, [(reader, cells[place]) for reader, place in self._given], line=line)


def table_rows(rows: Iterable[tuple[int, list[str] | str]], table: Table, *, width: int) -> Iterator[Entry]:
    """The entries of a table. `rows` are numbers with the cells, or with why they can't be read."""
    for number, cells in rows:
        if isinstance(cells, str):
            yield Problem(number, cells)
        elif not cells[0].strip() and not any(map(str.strip, cells)):
            continue
        elif again := table.header_again(cells, line=number):
            yield again
            if isinstance(again, Problem):
                return
        elif len(cells) != width and (len(cells) < width or any(map(str.strip, cells[width:]))):
            if not LINE.fullmatch("".join(cells)):
                yield Problem(number, f"The row has {len(cells):,} cells, the header {width:,}.")
        else:
            entry = table.entry(cells, line=number)
            if isinstance(entry, Row) or not LINE.fullmatch("".join(cells)):
                yield entry


def _is_a_name(word: str) -> bool:
    # This is called a million times, and most ids are longer.
    return len(word) < LONGEST_NAME and _names_a_column(word)


@lru_cache(maxsize=1000)
def _names_a_column(word: str) -> bool:
    return letters(word) in NAMES or names_an_id(word)
