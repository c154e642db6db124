from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator

from dashboard.inventory.importing.entries import Entry, Note, Problem, made
from dashboard.inventory.importing.fields import COLUMNS, READERS, REQUIRED, shown
from dashboard.inventory.importing.lines import LONGEST_LINE, Lines, fault

DELIMITERS = ",;\t"
LONGEST_CELL = LONGEST_LINE
MOST_LINES_A_ROW = 200
MOST_COLUMNS = 1000
NEVER_CLOSED = "A quote that opens on this line is never closed."
MISMATCHED = "The quotes on this line don't match."


def header_names(line: str, delimiter: str) -> list[str]:
    return [name.strip(" \t\r\n\"'").lower() for name in line.split(delimiter)]


def is_header(line: str) -> bool:
    return any(set(REQUIRED) & set(header_names(line, delimiter)) for delimiter in DELIMITERS)


def read_csv(lines: Lines, *, kind: str) -> Iterator[Entry]:
    """`kind` stands in for a missing kind column."""
    csv.field_size_limit(LONGEST_CELL)
    lines.first()
    number, header = next(lines)
    if sentence := fault(number, header):
        yield Problem(line=number, sentence=sentence)
        return
    # Spreadsheets of half the world write semicolons.
    delimiter = max(DELIMITERS, key=lambda character: len(COLUMNS & set(header_names(header, character))))
    names = header_names(header, delimiter)
    if len(names) > MOST_COLUMNS:
        yield Problem(line=number, sentence=f"The header names more than {MOST_COLUMNS:,} columns. Nothing was read.")
        return
    if sentence := _header_problem(names, kind=kind):
        yield Problem(line=number, sentence=sentence)
        return
    if ignored := [name for name in names if name and name not in COLUMNS]:
        yield Note(sentence=f"Ignored: {_listed(ignored, 'column')}.")
    lines.skip()
    row = _Columns(names, kind=kind)
    for number, cells in _Records(lines, delimiter):
        yield row.entry(cells, line=number)


def _header_problem(names: list[str], *, kind: str) -> str:
    missing = [name for name in REQUIRED if name not in names and not (name == "kind" and kind)]
    if missing:
        return f"The header lacks the {_listed(missing, 'column')}. Nothing was read."
    if twice := sorted(name for name, number in Counter(names).items() if name in COLUMNS and number > 1):
        return f"The header names the {_listed(twice, 'column')} twice. Nothing was read."
    return ""


class _Columns:
    """Where each cell of a row stands."""

    def __init__(self, names: list[str], *, kind: str) -> None:
        self._number = len(names)
        self._kind = names.index("kind") if "kind" in names else None
        self._chosen = kind
        self._task_id = names.index("task_id")
        self._given = [(reader, names.index(name)) for name, reader in READERS.items() if name in names]

    def entry(self, cells: list[str] | str, *, line: int) -> Entry:
        if isinstance(cells, str):
            return Problem(line, cells)
        if len(cells) != self._number:
            if any(cell.strip() for cell in cells[self._number :]):
                return Problem(line, f"The row has {len(cells)} cells, the header {self._number}.")
            cells += [""] * (self._number - len(cells))
        kind = self._chosen if self._kind is None else cells[self._kind]
        return made(kind, cells[self._task_id], [(reader, cells[index]) for reader, index in self._given], line=line)


class _Records:
    """Each row's first line number with its cells, or with the sentence of what is wrong with its quotes.

    A quote that is never closed would swallow every good row after it, so such a row costs only its own first line.
    What a line does to a quote that is open before it is asked once a line: a million quotes that are never closed take
    no longer than a million that are.
    """

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self._lines, self._delimiter = lines, delimiter
        self._open_through = 0
        """The line up to which all that follow leave an open quote open."""

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        for number, text in self._lines:
            if not text.strip():
                continue
            cells = _cells(text, self._delimiter)
            if cells is None:
                text, cells = self._longer(number, text)
            yield number, cells if isinstance(cells, str) else fault(number, text) or cells

    def _longer(self, number: int, text: str) -> tuple[str, list[str] | str]:
        """The whole row whose first line leaves a quote open, its lines taken; or that line, and what is wrong."""
        self._open_through = max(number, self._open_through)
        while self._open_through - number < MOST_LINES_A_ROW and self._lines.held + len(text) < LONGEST_LINE:
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
        """What is wrong with a quote that was open before this line; empty when the line closes it."""
        # Only a line with a quote can close one.
        cells = _cells(f'"{line}', self._delimiter) if '"' in line else None
        return NEVER_CLOSED if cells is None else MISMATCHED if cells == MISMATCHED else ""


def _cells(text: str, delimiter: str) -> list[str] | str | None:
    """The row's cells; None while a quote is open; a sentence when it can't be read."""
    if '"' not in text and len(text) <= LONGEST_CELL:
        return text.rstrip("\n").split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        if "field larger" in str(error):
            return f"A cell is longer than {LONGEST_CELL:,} characters."
        return MISMATCHED


def _listed(names: list[str], noun: str) -> str:
    words = [shown(name) for name in names[:10]]
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(words)}{' …' if len(names) > 10 else ''}"
