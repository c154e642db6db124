"""What the importer makes of some bytes, in the words of the tests."""

from __future__ import annotations

import io

from dashboard.inventory.importing.entries import Note, Problem, Row
from dashboard.inventory.importing.reading import Reading
from dashboard.inventory.importing.repeats import sifted


def entries(content: bytes | str, *, name: str = "pasted rows", kind: str = "") -> list[Row | Problem | Note]:
    content = content.encode() if isinstance(content, str) else content
    reading = Reading(io.BytesIO(content), name=name, kind=kind)
    return [found for chunk in sifted(reading) for found in chunk]


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
