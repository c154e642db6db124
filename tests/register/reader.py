"""What the importer makes of some bytes, in the words of the tests."""

from __future__ import annotations

import io
from zoneinfo import ZoneInfo

from dashboard.register.importing.cells.entries import Columns, Note, Problem, Row, name_columns
from dashboard.register.importing.reading import Reading
from dashboard.register.importing.repeats import sifted

SHANGHAI = ZoneInfo("Asia/Shanghai")


def read(content: bytes | str, *, name: str = "pasted rows", kind: str = "", **place) -> Reading:
    content = content.encode() if isinstance(content, str) else content
    return Reading(io.BytesIO(content), name=name, kind=kind, zone=SHANGHAI, **place)


def entries(content: bytes | str, **kwargs: str) -> list[Row | Problem | Note]:
    """All but the names of columns."""
    chunks = sifted(read(content, **kwargs))
    return [found for chunk in chunks for found in chunk if not isinstance(found, Columns)]


def columns(content: bytes | str, **kwargs: str) -> tuple[list[str], list[str]]:
    """Those that are used, and those that are ignored."""
    used: list[str] = []
    ignored: list[str] = []
    name_columns(read(content, **kwargs), used=used, ignored=ignored)
    return used, ignored


def rows(content: bytes | str, **kwargs: str) -> dict[tuple[str, str], dict[str, object]]:
    """Their values; of a file with which nothing is wrong."""
    found = entries(content, **kwargs)
    assert problems(found) == []
    return {row.key: dict(row.values) for row in found if isinstance(row, Row)}


def keys(found: list[Row | Problem | Note]) -> list[tuple[str, str]]:
    return [row.key for row in found if isinstance(row, Row)]


def problems(found: list[Row | Problem | Note]) -> list[tuple[int, str]]:
    return [(problem.line, problem.sentence) for problem in found if isinstance(problem, Problem)]


def only_row(content: bytes | str, **kwargs: str) -> Row:
    (row,) = entries(content, **kwargs)
    assert isinstance(row, Row), row
    return row


def only_problem(content: bytes | str, **kwargs: str) -> tuple[int, str]:
    """The rows around the bad one are still read."""
    (problem,) = problems(entries(content, **kwargs))
    return problem
