"""Rows of JSON: objects with our names or the API's, its answers, and task records of public clients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from dashboard.register.importing.cells.columns import ALIASES, letters, listed, named
from dashboard.register.importing.cells.entries import Columns, Entry, Note, Problem, made
from dashboard.register.importing.cells.fields import Reader, is_web_address, readers
from dashboard.register.importing.cells.tables import Table
from dashboard.register.importing.cells.words import Rejected
from dashboard.register.importing.formats.json_values import NotJSON, Values
from dashboard.register.importing.formats.lines import Lines

RECORD_FORMAT = "tensorslab.task@1"
RECORD_COLUMNS = {"format", "generation_status", "request", "result_urls"}
SIZE = re.compile(r"(\d{1,6})\s*[x*×]\s*(\d{1,6})")
LISTS = ("items", "tasks", "data", "list", "records", "rows", "results", "task_ids", "ids")
"""Names under which a report, or an answer of an API, has its tasks."""
DEEPEST = 2
MOST_SHAPES, LONGEST_SHAPE = 20, 1000
"""The most sets of names that are remembered, and characters of each; others are handled for each object again."""
LONGEST_NAME = 100

_Shape = tuple[Table, str, Columns | None]
"""How objects with these names are read, or why not, and the names if they were not told yet."""


def read_json(lines: Lines, *, kind: str, zone: tzinfo) -> Iterator[Entry]:
    lines.skip()
    objects = _Objects(kind=kind, zone=zone)
    for number, value in Values(lines):
        if isinstance(value, NotJSON):
            yield Problem(number, str(value))
        else:
            yield from objects.entries(value, line=number)


def read_objects(values: Iterable[object], *, zone: tzinfo) -> Iterator[Entry]:
    """The entries of values that were no file: the line of each is its place among them, from 0."""
    objects = _Objects(kind="", zone=zone)
    for place, value in enumerate(values):
        for found in objects.entries(value, line=place, may_wrap=False):
            yield Problem(place, found.sentence) if isinstance(found, Note) else found


class _Objects:
    def __init__(self, *, kind: str, zone: tzinfo) -> None:
        self._kind, self._readers = kind, readers(zone)
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def entries(self, value: object, *, line: int, may_wrap: bool = True) -> Iterator[Entry]:
        if isinstance(value, str):
            yield self._id(value, line=line)
        elif not isinstance(value, dict):
            yield Problem(line, "The line is not a JSON object.")
        elif value.get("format") == RECORD_FORMAT:
            yield from self._record(value, line=line)
        elif "format" in value and RECORD_COLUMNS & value.keys() > {"format"}:
            yield Problem(line, f"The record's format is not {RECORD_FORMAT}.")
        elif may_wrap and (within := _within(value)) is not None:
            for one in within:
                yield from self.entries(one, line=line, may_wrap=False)
        else:
            yield from self._object(value, line=line)

    def _object(self, value: Mapping[str, object], *, line: int) -> Iterator[Entry]:
        shape = tuple(value)
        table, problem, told = self._shapes.get(shape) or self._shape(shape)
        yield Problem(line, problem) if problem else table.entry(list(value.values()), line=line)
        # This comes after the row, which would be left out if the reading ended here.
        if told:
            yield told
            self._shapes[shape] = table, problem, None

    def _shape(self, names: tuple[str, ...]) -> _Shape:
        found = named([name[:LONGEST_NAME] for name in names])
        twice = found.twice()
        problem = f"The object names the {listed(twice)} twice." if twice else ""
        remembered = len(self._shapes) < MOST_SHAPES and sum(map(len, names)) <= LONGEST_SHAPE
        table = Table(found, kind=self._kind, readers=self._readers)
        return table, problem, found.told() if remembered else None

    def _id(self, value: str, *, line: int) -> Entry:
        if not self._kind:
            return Problem(line, "The kind of this id is missing. Choose one.")
        return made(self._kind, value, (), line=line)

    def _record(self, record: Mapping[str, Any], *, line: int) -> Iterator[Entry]:
        if record.get("task_id") is None:
            yield Note("Skipped a record without a task id: it was never submitted.")
            return
        cells = [(self._readers[column], value) for column, value in _record_cells(record).items()]
        fitting = [(reader, value) for reader, value in cells if _fits(reader, value)]
        yield made(record.get("kind"), record.get("task_id"), fitting, line=line)


def _within(value: Mapping[str, Any], *, deep: int = DEEPEST) -> list[object] | None:
    """The tasks in an object that only wraps them."""
    wrapping = [name for name in LISTS if isinstance(value.get(name), list | dict)]
    if not wrapping or any(letters(name[:LONGEST_NAME]) in ALIASES["task_id"] for name in value):
        return None
    for name in wrapping:
        inner = value[name]
        if isinstance(inner, list) and _are_tasks(inner) and (inner or "kind" not in value):
            return inner
        if isinstance(inner, dict) and "taskid" in inner:
            return [inner]
        if isinstance(inner, dict) and deep and (within := _within(inner, deep=deep - 1)) is not None:
            return within
    return None


def _are_tasks(values: list[object]) -> bool:
    """Whether the values may be tasks."""
    return all(isinstance(value, dict) for value in values) or all(isinstance(value, str) for value in values)


def _record_cells(record: Mapping[str, Any]) -> dict[str, object]:
    """The cells of a record by column. The client's data is used if it is valid, and left out if not."""
    request = record.get("request")
    if not isinstance(request, dict):
        request = {}
    size = SIZE.fullmatch(str(request.get("resolution") or ""))
    urls = record.get("result_urls")
    urls = urls if isinstance(urls, list) else []
    return {
        "status": record.get("generation_status"),
        "model": request.get("model"),
        "prompt": request.get("prompt"),
        "url": [url for url in urls if isinstance(url, str) and is_web_address(url)]
        if isinstance(urls, list)
        else None,
        "created_at": record.get("created_at"),
        "width": size[1] if size else None,
        "height": size[2] if size else None,
        "duration": request.get("duration"),
        "error": _error_words(record.get("error")),
    }


def _fits(reader: Reader, value: object) -> bool:
    try:
        return bool(reader(value)) if value else False
    except Rejected:
        return False


def _error_words(error: object) -> str:
    if isinstance(error, dict):
        error = error.get("message")
    return error if isinstance(error, str) else ""
