"""Ids alone, one a line."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.inventory.importing.columns import names_an_id
from dashboard.inventory.importing.csv_rows import DELIMITERS
from dashboard.inventory.importing.entries import Columns, Entry, Problem, made
from dashboard.inventory.importing.fields import unquoted
from dashboard.inventory.importing.lines import Lines


def read_ids(lines: Lines, *, kind: str) -> Iterator[Entry]:
    lines.skip()
    yield Columns(used=("task_id",))
    for number, text in lines:
        # As they stand in a list of a program: quoted, with a comma behind.
        word = unquoted(text.strip().rstrip(",;").rstrip())
        if not word or names_an_id(word):
            continue
        if sentence := lines.fault(number, text):
            yield Problem(number, sentence)
        elif any(delimiter in word for delimiter in DELIMITERS):
            yield Problem(number, "The line holds more than an id. Put one id on each line.")
        elif "://" in word:
            yield Problem(number, "The line is an address, not a task id.")
        else:
            yield made(kind, word, (), line=number)
