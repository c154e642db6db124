"""Files that are made to take long, or much memory: what is read again, and held at once, stays in proportion."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Callable

import pytest

from dashboard.inventory.importing import csv_rows
from dashboard.inventory.importing.entries import Problem, Row
from dashboard.inventory.importing.reading import Reading

Make = Callable[[int], str]
MOST_MEMORY = 20_000_000
HEADER = "kind,task_id,prompt\n"
FILES: dict[str, tuple[str, Make]] = {
    "quotes that never close": ("a.csv", lambda n: HEADER + 'b",c,"ddd\n' * (n // 10)),
    "quotes that open": ("a.csv", lambda n: HEADER + 'image,a,"\n' * (n // 10)),
    "long lines that open a quote": ("a.csv", lambda n: HEADER + ('image,a,"' + "x" * 9_990 + "\n") * (n // 10_000)),
    "quotes that close far below": ("a.csv", lambda n: HEADER + ('image,a,"x\n' + "y\n" * 190 + 'z"\n') * (n // 400)),
    "quotes that never match": ("a.csv", lambda n: HEADER + 'image,a,"x\n"y\n' * (n // 13)),
    "only quotes": ("a.csv", lambda n: HEADER + '"\n' * (n // 2)),
    "one line of quotes": ("a.csv", lambda n: HEADER + '"' * n + "\n"),
    "columns without end": ("a.csv", lambda n: "kind,task_id" + ",x" * (n // 2) + "\n"),
    "cells without end": ("a.csv", lambda n: HEADER + "image,a" + "," * n + "\n"),
    "lines under a bracket": ("a.json", lambda n: "{\n" + "1\n" * (n // 2)),
    "lists without end": ("a.jsonl", lambda n: "[" + "[]," * (n // 3) + "[]]\n"),
    "nested lists": ("a.jsonl", lambda n: "[" * n + "\n"),
    "names without end": ("a.jsonl", lambda n: "".join(f'{{"n{number}":1}}\n' for number in range(n // 12))),
    "names of one object": ("a.jsonl", lambda n: "{" + ",".join(f'"n{number}":1' for number in range(n // 12)) + "}\n"),
    "colons": ("urls.yaml", lambda n: "? a\n" * (n // 4)),
    "indented": ("urls.yaml", lambda n: "a_0.png: x\n" + " y\n" * (n // 3)),
}


def read(name: str, text: str) -> int:
    """How many entries a file has."""
    return sum(1 for _ in Reading(io.BytesIO(gzip.compress(text.encode(), 1)), name=name, most=2_000_000_000))


@pytest.mark.parametrize(("name", "make"), FILES.values(), ids=FILES)
def test_no_file_takes_more_memory_than_it_may(name: str, make: Make) -> None:
    text = make(250_000)
    packed = io.BytesIO(gzip.compress(text.encode(), 1))
    del text
    tracemalloc.start()
    for _ in Reading(packed, name=name, most=2_000_000_000):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY


@pytest.mark.parametrize(
    ("name", "make"),
    [pair for pair in FILES.values() if pair[0].endswith(".csv")],
    ids=[name for name, pair in FILES.items() if pair[0].endswith(".csv")],
)
def test_a_row_is_parsed_no_more_often_the_longer_the_file(monkeypatch, name: str, make: Make) -> None:
    parsed = 0
    cells = csv_rows._cells

    def counted(text: str, delimiter: str) -> list[str] | str | None:
        nonlocal parsed
        parsed += len(text)
        return cells(text, delimiter)

    monkeypatch.setattr(csv_rows, "_cells", counted)
    for size in (100_000, 400_000):
        parsed, text = 0, make(size)
        read(name, text)
        assert parsed <= 4 * len(text)


def test_a_row_over_many_lines_is_one_row_and_a_quote_that_never_closes_costs_its_line() -> None:
    text = HEADER + 'image,a,"one\ntwo\n\nthree"\nimage,b,"never\nimage,c,x\nimage,d,"y""\nz"\n'
    found = list(Reading(io.BytesIO(text.encode()), name="a.csv"))
    assert [(entry.line, entry.task_id) for entry in found if isinstance(entry, Row)] == [(2, "a"), (7, "c"), (8, "d")]
    assert [(entry.line, entry.sentence) for entry in found if isinstance(entry, Problem)] == [(6, csv_rows.MISMATCHED)]


def test_a_reading_may_begin_behind_a_row_over_many_lines() -> None:
    text = HEADER + 'image,a,"one\ntwo"\nimage,b,"never\n' + "image,c,x\n" * 300
    whole = Reading(io.BytesIO(text.encode()), name="a.csv")
    lines = [(whole.lines, entry) for entry in whole]
    for after, (place, _entry) in enumerate(lines[:5], 1):
        rest = list(Reading(io.BytesIO(text.encode()), name="a.csv", lines=place, entries=after))
        assert rest == [entry for _place, entry in lines[after:]]
