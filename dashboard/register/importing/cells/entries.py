from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dashboard.register.importing.cells import fields, task_ids
from dashboard.register.importing.cells.words import Rejected

MOST_NAMES = 100
"""Of columns, that are remembered."""


class Row(NamedTuple):
    """One task as a file gives it. `values` holds only what was given, and only what JSON can hold."""

    line: int
    kind: str
    task_id: str
    values: Mapping[str, Any] = {}
    file: str = ""
    remark: str = ""
    """What was cut of it; it is taken all the same."""

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.task_id


class Problem(NamedTuple):
    line: int
    sentence: str
    file: str = ""
    ids: int = 0
    """How many it is about, where a list of ids is rejected as a whole."""

    @property
    def rejected(self) -> int:
        return self.ids or 1


class Note(NamedTuple):
    """Worth saying, and nothing was rejected for it."""

    sentence: str


class Columns(NamedTuple):
    """Names of columns that were not met before, and whether they are read."""

    used: tuple[str, ...]
    ignored: tuple[str, ...] = ()


Entry = Row | Problem | Note | Columns


def made(kind: object, task_id: object, given: Iterable[tuple[fields.Reader, object]], *, line: int) -> Row | Problem:
    """The row that these cells make, or why they make none. `given` comes in the order of `fields.readers`."""
    try:
        values: dict[str, Any] = {}
        kind = fields.kind(kind)
        task_id = task_ids.task_id(task_id)
        for reader, value in given:
            # NULL and \N are what databases write into CSV for a cell without a value.
            if value is not None and value != "" and value != [] and value != "NULL" and value != r"\N":
                values.update(reader(value))
    except Rejected as rejected:
        return Problem(line, str(rejected))
    return Row(line, kind, task_id, values, remark=fields.fit(values))


def name_columns(entries: Iterable[Entry], *, used: list[str], ignored: list[str]) -> None:
    """Adds the names among these entries to those that were met before."""
    for found in entries:
        if isinstance(found, Columns):
            for names, known in ((found.used, used), (found.ignored, ignored)):
                known += [name for name in dict.fromkeys(names) if name not in known][: MOST_NAMES - len(known)]


def told(entries: Iterable[Entry]) -> list[Problem]:
    """What there is to say of single lines, in their order: why one makes no row, or what was cut of its row."""
    return [
        Problem(found.line, found.remark, found.file) if isinstance(found, Row) else found
        for found in entries
        if isinstance(found, Problem) or (isinstance(found, Row) and found.remark)
    ]
