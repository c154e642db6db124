"""JSON lines, and the task records that public TensorsLab clients leave; either may stand in the other's place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dashboard.inventory.importing import fields
from dashboard.inventory.importing.entries import Entry, Note, Problem, entry
from dashboard.inventory.importing.lines import Lines, fault, is_utf8

RECORD_FORMAT = "tensorslab.task@1"
RECORD_COLUMNS = {"format", "generation_status", "request", "result_urls"}
RECORD_STATUSES = {"submitted": "queued"}
SIZE = re.compile(r"(\d{1,6})\s*[x*×]\s*(\d{1,6})")
LONGEST_RECORD, MOST_LINES = 4_000_000, 100_000
"""Characters and lines of one record that is printed over many lines."""
MOST_BRACKETS = 10_000
"""In one value: what is read of millions takes a hundred times the memory of its text."""
MOST_NAMES, LONGEST_NAME = 1000, 41
"""Unknown names that are remembered, and characters of each; ten are shown, with forty."""


def read_json_lines(lines: Lines) -> Iterator[Entry]:
    ignored: set[str] = set()
    lines.skip()
    for number, text in lines:
        if not text.strip():
            continue
        if sentence := fault(number, text):
            yield Problem(line=number, sentence=sentence)
            continue
        try:
            value = _loads(text.strip())
        except (ValueError, RecursionError) as error:
            yield Problem(line=number, sentence=f"The line is not JSON{_where(error)}.")
            continue
        if isinstance(value, dict) and value.get("format") != RECORD_FORMAT and len(ignored) < MOST_NAMES:
            ignored.update(name[:LONGEST_NAME] for name in value.keys() - fields.COLUMNS - {"urls"})
        yield _entry(value, line=number)
    if ignored:
        names = ", ".join(fields.shown(name) for name in sorted(ignored)[:10])
        yield Note(sentence=f"Ignored: {names}{' …' if len(ignored) > 10 else ''}.")


def read_json_file(lines: Lines) -> Iterator[Entry]:
    """One record over many lines, or JSON lines after all."""
    taken = []
    size = 0
    for line in lines:
        taken.append(line)
        size += len(line[1])
        if size > LONGEST_RECORD or len(taken) > MOST_LINES:
            break
    else:
        text = "".join(text for _number, text in taken)
        try:
            value = _loads(text) if is_utf8(text) else None
        except (ValueError, RecursionError):
            value = None
        if value is not None:
            if not lines.after:
                yield _entry(value, line=1)
            return
    lines.put_back(taken)
    yield from read_json_lines(lines)


def _entry(value: object, *, line: int) -> Entry:
    if isinstance(value, list):
        return Problem(line=line, sentence="A JSON array is not read. Use JSON lines: one object a line.")
    if not isinstance(value, dict):
        return Problem(line=line, sentence="The line is not a JSON object.")
    if "format" in value and value["format"] != RECORD_FORMAT and RECORD_COLUMNS & value.keys() > {"format"}:
        return Problem(line=line, sentence=f"The record's format is not {RECORD_FORMAT}.")
    if value.get("format") == RECORD_FORMAT:
        if value.get("task_id") is None:
            return Note(sentence="Skipped a record without a task id: it was never submitted.")
        value = _record_cells(value)
    elif value.get("urls") and not value.get("url"):
        value = {**value, "url": value["urls"]}
    return entry(value, line=line)


def _record_cells(record: dict[str, Any]) -> dict[str, object]:
    """A record's cells. What a client wrote beside the ids is kept where it fits and left out where it doesn't."""
    request = record.get("request")
    if not isinstance(request, dict):
        request = {}
    status = record.get("generation_status")
    size = SIZE.fullmatch(str(request.get("resolution") or ""))
    urls = record.get("result_urls")
    cells: dict[str, object] = {
        "status": RECORD_STATUSES.get(status, status) if isinstance(status, str) else None,
        "model": request.get("model"),
        "prompt": request.get("prompt"),
        "url": [url for url in urls if isinstance(url, str) and fields.is_web_address(url)]
        if isinstance(urls, list)
        else None,
        "created_at": record.get("created_at"),
        "width": size[1] if size else None,
        "height": size[2] if size else None,
        "duration": request.get("duration"),
        "error": _error_words(record.get("error")),
    }
    return {"kind": record.get("kind"), "task_id": record.get("task_id")} | {
        column: value for column, value in cells.items() if _fits(column, value)
    }


def _fits(column: str, value: object) -> bool:
    try:
        return bool(fields.optional(column, value))
    except fields.Rejected:
        return False


def _error_words(error: object) -> str:
    if isinstance(error, dict):
        error = error.get("message")
    return error if isinstance(error, str) else ""


def _loads(text: str) -> Any:
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise ValueError("it holds too many lists and objects")
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _where(error: Exception) -> str:
    return f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
