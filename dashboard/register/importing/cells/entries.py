from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from dashboard.register.importing.cells import fields, task_ids
from dashboard.register.importing.cells.words import Rejected

MOST_NAMES = 100
"""The most names of columns that are remembered."""


class Row(NamedTuple):
    """One task of a file. `values` has only fields that were given, in types that JSON has."""

    line: int
    kind: str
    task_id: str
    values: Mapping[str, Any] = {}
    file: str = ""
    remark: str = ""
    """Which texts were cut; the row is imported all the same."""

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.task_id

    def without(self, names: Collection[str]) -> Row:
        """Itself, if it has none of these values."""
        values = {name: value for name, value in self.values.items() if name not in names}
        return self if len(values) == len(self.values) else self._replace(values=values)


class Problem(NamedTuple):
    line: int
    sentence: str
    file: str = ""
    ids: int = 0
    """The number of ids, if a list of ids is rejected as a whole."""

    @property
    def rejected(self) -> int:
        return self.ids or 1


class Note(NamedTuple):
    """A remark that rejects nothing."""

    sentence: str


class Columns(NamedTuple):
    """Names of columns that are new, and whether they are read."""

    used: tuple[str, ...]
    ignored: tuple[str, ...] = ()


Entry = Row | Problem | Note | Columns


def made(kind: object, task_id: object, given: Iterable[tuple[fields.Reader, object]], *, line: int) -> Row | Problem:
    """The row of these cells, or why they make none. `given` is in the order of `fields.readers`."""
    try:
        values: dict[str, Any] = {}
        kind = fields.kind(kind)
        task_id = task_ids.task_id(task_id)
        for reader, value in given:
            # Databases write NULL or \N into CSV for a cell without a value.
            if value is not None and value != "" and value != [] and value != "NULL" and value != r"\N":
                values.update(reader(value))
    except Rejected as rejected:
        return Problem(line, str(rejected))
    return Row(line, kind, task_id, values, remark=fields.fit(values))


def name_columns(entries: Iterable[Entry], *, used: list[str], ignored: list[str]) -> None:
    """Adds the new names among these entries to `used` and `ignored`."""
    for found in entries:
        if isinstance(found, Columns):
            for names, known in ((found.used, used), (found.ignored, ignored)):
                known += [name for name in dict.fromkeys(names) if name not in known][: MOST_NAMES - len(known)]


def told(entries: Iterable[Entry]) -> list[Problem]:
    """The problems and remarks of single lines, in their order."""
    return [
        Problem(found.line, found.remark, found.file) if isinstance(found, Row) else found
        for found in entries
        if isinstance(found, Problem) or (isinstance(found, Row) and found.remark)
    ]
