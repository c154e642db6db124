"""CSV that a spreadsheet opens as text: no cell is run as a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from dashboard.pages.moments import local

MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The first characters of formulas; the last four are full-width."""

BEGINNING = rf"'*[{re.escape(''.join(FORMULA))}]"
"""Includes the text's own apostrophes: it gets one more, so that ours can be told from them."""

GUARDED = re.compile(BEGINNING)
INNER = re.compile(rf"(?!\A)([;\t\r\n][\s\"]*)(?={BEGINNING})")
"""Where a cell begins for a spreadsheet that splits at semicolons or tabs: quotes don't prevent that."""


APOSTROPHE = re.compile(rf"(?<!')'(?={BEGINNING})")


class _Line:
    """Target of `csv.writer`: it returns each line."""

    def write(self, line: str) -> str:
        return line


def csv_file(columns: Iterable[str], rows: Iterable[Iterable[Any]], *, zone: tzinfo) -> Iterator[str]:
    """A whole file. Without the mark at its beginning Excel reads UTF-8 as the machine's own code page."""
    yield MARK
    yield from csv_lines([columns])
    yield from csv_lines(rows, zone=zone)


def csv_lines(rows: Iterable[Iterable[Any]], *, zone: tzinfo = UTC) -> Iterator[str]:
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([cell(value, zone=zone) for value in row])


def cell(value: Any, *, zone: tzinfo = UTC) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return local(value, zone).isoformat()
    if isinstance(value, int | float):
        return str(value)
    text = INNER.sub(r"\1'", str(value))
    return f"'{text}" if GUARDED.match(text) else text


def as_it_was(cell: str) -> str:
    """The text from which `cell` made this."""
    if "'" not in cell:
        return cell
    text = cell[1:] if cell[0] == "'" and GUARDED.match(cell, 1) else cell
    ours = [match.start() for match in APOSTROPHE.finditer(text) if _stands_at_a_beginning(text, match.start())]
    return "".join(text[begin + 1 : end] for begin, end in zip([-1, *ours], [*ours, len(text)], strict=True))


def _stands_at_a_beginning(text: str, place: int) -> bool:
    """Whether `INNER` matches before `place`, searched backwards so that each blank is read only once."""
    while place > 1:
        place -= 1
        if text[place] in ";\t\r\n":
            return True
        if not (text[place].isspace() or text[place] == '"'):
            return False
    return False
