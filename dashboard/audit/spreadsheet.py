"""CSV that a spreadsheet opens as text: no cell of it runs as a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from dashboard.pages.moments import local

MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are full-width."""

INNER = re.compile(rf"(?!\A)([;\t\r\n][\s\"]*)(?=[{re.escape(''.join(FORMULA))}])")
"""Where a cell would begin for a spreadsheet that splits at semicolons or tabs instead: quotes do not help there."""


class _Line:
    """What `csv.writer` writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def csv_file(columns: Iterable[str], rows: Iterable[Iterable[Any]], *, zone: tzinfo) -> Iterator[str]:
    """A whole file. Without the mark at its beginning Excel takes UTF-8 for the machine's own code page."""
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
    return f"'{text}" if text.startswith(FORMULA) else text
