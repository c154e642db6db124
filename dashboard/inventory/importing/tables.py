"""Rows whose cells stand under names: those of CSV, of a workbook, and of objects that all look alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dashboard.inventory.importing.columns import Names, names_an_id
from dashboard.inventory.importing.entries import Entry, Note, Problem, Row, made
from dashboard.inventory.importing.fields import Reader

AGAIN = "A header that stands there again was passed over."


class Table:
    """How rows under these names are read."""

    def __init__(self, names: Names, *, kind: str, readers: dict[str, Reader]) -> None:
        """`kind` stands in for a missing kind column."""
        self._kind = names.place("kind")
        self._task_id = names.place("task_id")
        self._chosen = kind or names.kind
        self._given = [(reader, place) for column, reader in readers.items() for place in names.places.get(column, [])]

    def names_itself(self, cells: Sequence[object]) -> bool:
        """A header that stands there again, as where files were joined."""
        word = cells[self._task_id] if self._task_id is not None else None
        return isinstance(word, str) and names_an_id(word)

    def entry(self, cells: Sequence[object], *, line: int) -> Row | Problem:
        kind = self._chosen if self._kind is None else cells[self._kind]
        task_id = None if self._task_id is None else cells[self._task_id]
        return made(kind, task_id, [(reader, cells[place]) for reader, place in self._given], line=line)


def table_rows(rows: Iterable[tuple[int, list[str] | str]], table: Table, *, width: int) -> Iterator[Entry]:
    """Of each row, by its number, its cells or why they can't be read."""
    for number, cells in rows:
        if isinstance(cells, str):
            yield Problem(number, cells)
        elif not cells[0].strip() and not any(map(str.strip, cells)):
            continue
        elif len(cells) != width and (len(cells) < width or any(map(str.strip, cells[width:]))):
            yield Problem(number, f"The row has {len(cells):,} cells, the header {width:,}.")
        elif table.names_itself(cells):
            yield Note(AGAIN)
        else:
            yield table.entry(cells, line=number)
