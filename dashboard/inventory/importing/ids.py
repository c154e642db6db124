"""Ids alone, one a line."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.inventory.importing.columns import names_an_id
from dashboard.inventory.importing.csv_rows import DELIMITERS
from dashboard.inventory.importing.entries import Columns, Entry, Problem, made
from dashboard.inventory.importing.fields import unquoted
from dashboard.inventory.importing.lines import Lines

KIND_IS_MISSING = "The kind of {} is missing. Choose one, or begin with the line kind,task_id."
MOST_COUNTED, MOST_COUNTED_IN = 100_000, 20_000_000
"""Ids of no kind, and characters that they stand in: a request waits for it, and it may be no list of ids at all."""


def read_ids(lines: Lines, *, kind: str) -> Iterator[Entry]:
    lines.skip()
    yield Columns(used=("task_id",))
    for number, text in lines:
        word = _word(text)
        if not word:
            continue
        if sentence := lines.fault(number, text):
            yield Problem(number, sentence)
        elif any(delimiter in word for delimiter in DELIMITERS):
            yield Problem(number, "The line holds more than an id. Put one id on each line.")
        elif "://" in word:
            yield Problem(number, "The line is an address, not a task id.")
        else:
            yield made(kind, word, (), line=number)


def without_kind(lines: Lines) -> Problem:
    """They are rejected as one, and counted."""
    first, ids, left = 0, 0, MOST_COUNTED_IN
    for number, text in lines:
        if _word(text):
            first, ids = first or number, ids + 1
        left -= len(text)
        if ids == MOST_COUNTED or left < 0:
            break
    more = f" Only the first {ids:,} were counted." if next(lines, None) else ""
    return Problem(first or 1, KIND_IS_MISSING.format("these ids" if ids > 1 else "this id") + more, ids=ids)


def _word(text: str) -> str:
    """The id as it stands in a list of a program: quoted, with a comma behind. Empty where the line holds none."""
    word = unquoted(text.strip().rstrip(",;").rstrip())
    return "" if names_an_id(word) else word
