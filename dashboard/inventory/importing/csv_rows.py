from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator

from dashboard.inventory.importing.entries import Entry, Note, Problem, made
from dashboard.inventory.importing.fields import COLUMNS, READERS, REQUIRED, shown
from dashboard.inventory.importing.lines import LONGEST_LINE, Lines, fault

DELIMITERS = ",;\t"
LONGEST_CELL = 1_000_000
MOST_LINES_A_ROW = 200


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
    if sentence := _header_problem(names, kind=kind):
        yield Problem(line=number, sentence=sentence)
        return
    if ignored := [name for name in names if name and name not in COLUMNS]:
        yield Note(sentence=f"Ignored: {_listed(ignored, 'column')}.")
    lines.skip()
    row = _Columns(names, kind=kind)
    for number, cells in _records(lines, delimiter):
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


def _records(lines: Lines, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each row's first line number with its cells, or with the sentence of what is wrong with its quotes.

    A quote that is never closed would swallow every good row after it, so such a row costs only its own first line.
    """
    for number, text in lines:
        if not text.strip():
            continue
        following: list[tuple[int, str]] = []
        cells = _cells(text, delimiter)
        while cells is None and _may_go_on(text, following) and (line := next(lines, None)):
            following.append(line)
            text += line[1]
            # Only a line with a quote can close one.
            cells = _cells(text, delimiter) if '"' in line[1] else None
        if cells is None or isinstance(cells, str):
            lines.put_back(following)
            cells = cells or "A quote that opens on this line is never closed."
        yield number, cells if isinstance(cells, str) else fault(number, text) or cells


def _may_go_on(text: str, following: list[tuple[int, str]]) -> bool:
    return len(following) < MOST_LINES_A_ROW and len(text) < LONGEST_LINE


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
        return "The quotes on this line don't match."


def _listed(names: list[str], noun: str) -> str:
    words = [shown(name) for name in names[:10]]
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(words)}{' …' if len(names) > 10 else ''}"
