from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import tzinfo
from functools import cache

from dashboard.pages.spreadsheet import as_it_was
from dashboard.register.importing.cells.entries import Entry, Problem
from dashboard.register.importing.cells.fields import readers
from dashboard.register.importing.cells.header import MOST_BEFORE, Header, Way, find_header
from dashboard.register.importing.cells.tables import Table, table_rows
from dashboard.register.importing.formats.lines import LONGEST_LINE, Lines

DELIMITERS = ",;\t|"
LONGEST_CELL = LONGEST_LINE
MOST_LINES_A_ROW = 200
LONGEST_HEADER, MOST_LINES_OF_A_HEADER = 100_000, 10
NEVER_CLOSED = "A quote that opens on this line is never closed."
MISMATCHED = "The quotes on this line don't match."
SEPARATOR = re.compile(r'\s*"?sep=(.)"?[\s,;]*', re.IGNORECASE)
COMMENTS = ("#", "//")
FORMULA_OF_A_TEXT = re.compile(r'="((?:[^"]|"")*+)"')
"""Programs write ="00123" so that a spreadsheet does not make it a number."""


def csv_header(lines: Lines, *, kind: str) -> Header | None:
    csv.field_size_limit(LONGEST_CELL)
    return find_header(_ways(lines), kind=kind)


def _ways(lines: Lines) -> Iterator[list[Way]]:
    delimiters = DELIMITERS
    for place in range(MOST_BEFORE):
        line = lines.peek(place) if lines.ahead < LONGEST_LINE else None
        if line is None:
            return
        if separator := SEPARATOR.fullmatch(line):
            delimiters = separator[1]
        if separator or not line.strip() or line.startswith(COMMENTS):
            yield []
            continue
        row = _row_of(lines, place)
        read = [(_cells(row, delimiter), delimiter) for delimiter in delimiters if delimiter in row]
        ways = [Way(cells, delimiter, max(row.count("\n"), 1)) for cells, delimiter in read if isinstance(cells, list)]
        # A column on its own may be quoted too; a line that can't be read counts as one cell.
        alone = _cells(line, delimiters[0])
        yield ways or [Way(alone if isinstance(alone, list) else [line], delimiters[0])]


def _row_of(lines: Lines, place: int) -> str:
    """The row that begins at this line; a quoted cell may continue it on later lines."""
    row = ""
    for number in range(MOST_LINES_OF_A_HEADER):
        line = lines.peek(place + number)
        if line is None or len(row) + len(line) > LONGEST_HEADER:
            return ""
        row += line
        if not row.count('"') % 2:
            return row
    return ""


def read_csv(lines: Lines, header: Header, *, kind: str, zone: tzinfo) -> Iterator[Entry]:
    """`kind` is used if there is no kind column."""
    for _ in range(header.place):
        next(lines)
    head = [next(lines) for _ in range(header.way.lines)]
    number = head[0][0]
    if sentence := "".join([lines.fault(*line) for line in head][:1]) or header.problem(kind=kind):
        yield Problem(number, sentence)
        return
    yield from header.told()
    lines.skip()
    table = Table(header.names, kind=kind, readers=readers(zone, semicolons=header.way.delimiter == ";"))
    yield from table_rows(_Records(lines, header.way.delimiter), table, width=len(header.names.given))


class _Records:
    """Each row's first line number with its cells, or with a sentence about its quotes.

    A quote that is never closed would swallow all rows after it, so such a row costs only its own first line. What a
    line does to an open quote is computed once, so that a million of such quotes don't take longer.
    """

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self._lines, self._delimiter = lines, delimiter
        self._open_through = 0
        """All lines up to this one leave an open quote open."""

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        for number, text in self._lines:
            if not text.strip():
                continue
            cells = _cells(text, self._delimiter)
            if cells is None:
                text, cells = self._longer(number, text)
            if isinstance(cells, str):
                yield number, cells
            elif sentence := self._lines.fault(number, text):
                yield number, sentence
            else:
                yield number, [_meant(cell) for cell in cells] if "'" in text or '="' in text else cells

    def _longer(self, number: int, text: str) -> tuple[str, list[str] | str]:
        """The complete row whose first line leaves a quote open, its lines taken; or that line and what is wrong."""
        self._open_through = max(number, self._open_through)
        while self._open_through - number < MOST_LINES_A_ROW and self._lines.ahead + len(text) < LONGEST_LINE:
            line = self._lines.peek(self._open_through - number)
            if line is None:
                break
            effect = self._effect(line)
            if effect == MISMATCHED:
                return text, MISMATCHED
            if not effect:
                text += "".join(next(self._lines)[1] for _ in range(self._open_through - number + 1))
                return text, _cells(text, self._delimiter) or MISMATCHED
            self._open_through += 1
        return text, NEVER_CLOSED

    def _effect(self, line: str) -> str:
        """What is wrong with a quote that was open before this line; empty if the line closes it."""
        # Only a line with a quote can close one.
        cells = _cells(f'"{line}', self._delimiter) if '"' in line else None
        return NEVER_CLOSED if cells is None else MISMATCHED if cells == MISMATCHED else ""


def _meant(cell: str) -> str:
    if cell[:2] == '="' and (formula := FORMULA_OF_A_TEXT.fullmatch(cell)):
        return formula[1].replace('""', '"')
    return as_it_was(cell)


def _cells(text: str, delimiter: str) -> list[str] | str | None:
    """The row's cells; None while a quote is open; a sentence if it can't be read."""
    if '"' not in text and len(text) <= LONGEST_CELL:
        return text.rstrip("\n").split(delimiter)
    cells = _parsed(text, delimiter)
    if cells != MISMATCHED:
        return cells
    return _parsed(_around_quotes(delimiter).sub(r"\1\2", text), delimiter)


@cache
def _around_quotes(delimiter: str) -> re.Pattern[str]:
    """Matches blanks around a quoted cell, which people write and the parser takes for text."""
    blanks = " *" if delimiter == "\t" else "[ \t]*"
    between = re.escape(delimiter)
    return re.compile(rf'(^|{between}){blanks}("(?:[^"]|"")*+"){blanks}(?=[\r\n]*$|{between})')


def _parsed(text: str, delimiter: str) -> list[str] | str | None:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        if "field larger" in str(error):
            return f"A cell is longer than {LONGEST_CELL:,} characters."
        return MISMATCHED
