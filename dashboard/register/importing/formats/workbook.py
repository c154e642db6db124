"""Excel's workbooks (.xlsx): the first sheet with a header, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from dashboard.pages.spreadsheet import as_it_was
from dashboard.register.importing.cells.columns import named
from dashboard.register.importing.cells.entries import Entry, Note, Problem
from dashboard.register.importing.cells.fields import readers
from dashboard.register.importing.cells.header import MOST_BEFORE, Header, Way, find_header
from dashboard.register.importing.cells.tables import Table, table_rows
from dashboard.register.importing.cells.words import shown
from dashboard.register.importing.formats.sheets import rows_of, sheets_of
from dashboard.register.importing.formats.unpacking import Damaged

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MOST_BLANK = 100_000
MOST_ROWS = 50_000
"""The limit on the page, where each job reads the workbook from its beginning. The command has none."""
TOO_LONG = (
    f"On this page {MOST_ROWS:,} rows of a workbook are read at most. What follows was not read. "
    "Save the sheet as CSV, or use manage.py import_tasks, which reads all of it."
)


class Workbook:
    """The entries of a workbook. Raises `Damaged` if the rest of it can't be read."""

    def __init__(self, stream: BinaryIO, *, kind: str, zone: tzinfo, after: int, paged: bool) -> None:
        self._stream, self._kind, self._zone, self._after = stream, kind, zone, after
        self._most = MOST_ROWS if paged else None
        self.taken = 0

    def __iter__(self) -> Iterator[Entry]:
        sheets = sheets_of(self._stream)
        found = ((sheet, header) for sheet in sheets if (header := self._header(sheet)))
        first = None
        for sheet, header in found:
            first = first or (sheet, header)
            if not header.names.missing(kind=self._kind):
                first = sheet, header
                break
        if first is None:
            return
        sheet, header = first
        if len(sheets) > 1:
            yield Note(f"Of the {len(sheets)} sheets, {shown(sheet.title)} was read.")
        yield from self._entries(sheet, header)

    def _header(self, sheet: Worksheet) -> Header | None:
        rows = islice(rows_of(sheet), MOST_BEFORE)
        header = find_header(([Way(cells)] if any(map(str.strip, cells)) else [] for _, cells in rows), kind=self._kind)
        if header and self._kind and not header.is_one and len(header.names.given) == 1:
            # One column of ids without a header.
            return header._replace(names=named(["task_id"]), place=header.place - 1)
        return header

    def _entries(self, sheet: Worksheet, header: Header) -> Iterator[Entry]:
        if sentence := header.problem(kind=self._kind):
            yield Problem(header.place + 1, sentence)
            return
        yield from header.told()
        width = len(header.names.given)
        table = Table(header.names, kind=self._kind, readers=readers(self._zone))
        yield from table_rows(
            self._numbered(sheet, width, begin=max(header.place + 1, self._after)), table, width=width
        )
        if self._most is not None and self.taken > self._most:
            yield Problem(self.taken, TOO_LONG)

    def _numbered(self, sheet: Worksheet, width: int, *, begin: int) -> Iterator[tuple[int, list[str]]]:
        blank = 0
        for self.taken, cells in rows_of(sheet):
            blank = 0 if any(cells) else blank + 1
            if blank > MOST_BLANK:
                raise Damaged(
                    f"More than {MOST_BLANK:,} blank rows follow one another here. What follows was not read."
                )
            if self._most is not None and self.taken > self._most:
                return
            if self.taken > begin and not blank:
                # A row ends with its last cell that is not empty.
                yield self.taken, [as_it_was(cell) for cell in cells] + [""] * (width - len(cells))
