"""Files that are made to take long, or much memory: steps stay in proportion, and what is held has a limit."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc
from collections.abc import Callable
from json import JSONDecoder
from types import FrameType

import pytest

from dashboard.register.importing.cells.entries import Problem, Row
from dashboard.register.importing.formats import csv_rows, json_values, lines, unpacking, url_map
from dashboard.register.importing.reading import Reading

Make = Callable[[int], str]
MOST_HELD, MOST_A_CHARACTER, SLACK = 400_000, 80, 20_000
"""Bytes. Buffers of the standard library are most of the first."""
HEADER = "kind,task_id,prompt\n"
FILES: dict[str, tuple[str, Make]] = {
    "quotes that never close": ("a.csv", lambda n: HEADER + 'b",c,"ddd\n' * (n // 10)),
    "quotes that open": ("a.csv", lambda n: HEADER + 'image,a,"\n' * (n // 10)),
    "long lines that open a quote": ("a.csv", lambda n: HEADER + ('image,a,"' + "x" * 490 + "\n") * (n // 500)),
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
    "long names": ("a.jsonl", lambda n: "".join(f'{{"{number:03}{"n" * 900}":1}}\n' for number in range(n // 910))),
    "names of one object": ("a.jsonl", lambda n: "{" + ",".join(f'"n{number}":1' for number in range(n // 12)) + "}\n"),
    "objects on one line": ("a.json", lambda n: "[" + '{"a":1},' * (n // 8) + "{}]\n"),
    "ids on one line": ("a.json", lambda n: "[" + '"ab",' * (n // 5) + '"c"]\n'),
    "a string without end": ("a.json", lambda n: '{"a":"' + "b" * n),
    "strings that never close": ("a.jsonl", lambda n: '{"a":"b\n' * (n // 8)),
    "objects in objects": ("a.jsonl", lambda n: '{"a":' * (n // 5) + "\n"),
    "objects in objects on lines": ("a.jsonl", lambda n: '{"a":\n' * (n // 6)),
    "lists in objects on lines": ("a.jsonl", lambda n: '{"a":[\n' * (n // 7)),
    "deeper and deeper": ("a.json", lambda n: '{"a":[\n' + " {\n" * (n // 3)),
    "closed too often": ("a.jsonl", lambda n: '{"a":1}' + "}" * n + "\n"),
    "titles without end": ("a.csv", lambda n: 'a "title", long\n' * (n // 16)),
    "titles that open a quote": ("a.csv", lambda n: 'a,"title;\n' * (n // 10)),
    "blanks around quotes": ("a.csv", lambda n: HEADER + 'image, "a" , ' + '"x" ' * (n // 4) + "\n"),
    "blanks before a quote": ("a.csv", lambda n: HEADER + "image,a," + " " * n + '"x"y\n'),
    "guards without end": ("a.csv", lambda n: HEADER + "image,a," + ";\t '=" * (n // 5) + "\n"),
    "apostrophes": ("a.csv", lambda n: HEADER + "image,a," + "'" * n + "=\n"),
    "blanks before an apostrophe": ("a.csv", lambda n: HEADER + "image,a," + "\t " * (n // 2) + "'=\n"),
    "headers again": ("a.csv", lambda n: HEADER * (n // 20)),
    "ids in quotes": ("a.txt", lambda n: "kind,task_id\nimage," + "'" * n + "\n"),
    "a map of one id": ("urls.yaml", lambda n: "a_0.png: https://e.com/0\n" * (n // 25)),
    "colons": ("urls.yaml", lambda n: "? a\n" * (n // 4)),
    "indented": ("urls.yaml", lambda n: "a_0.png: x\n" + " y\n" * (n // 3)),
}


every_file = pytest.mark.parametrize(("name", "make"), FILES.values(), ids=FILES)


def read(name: str, text: str) -> None:
    for _ in Reading(io.BytesIO(gzip.compress(text.encode(), 1)), name=name, most=2_000_000_000):
        pass


def held(name: str, text: str) -> int:
    """Bytes at most at once, beside the file itself."""
    packed = io.BytesIO(gzip.compress(text.encode(), 1))
    tracemalloc.start()
    for _ in Reading(packed, name=name, most=2_000_000_000):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


PARSERS = {csv_rows._cells.__code__: "text", url_map._pair.__code__: "text", JSONDecoder.decode.__code__: "s"}
"""What takes a text apart, and what it calls that text."""


def steps(name: str, text: str) -> tuple[int, int]:
    """Calls of functions, Python's own among them, and the characters that were given to parsers."""
    called = parsed = 0

    def count(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal called, parsed
        called += event in {"call", "c_call"}
        if event == "call" and frame.f_code in PARSERS:
            parsed += len(frame.f_locals[PARSERS[frame.f_code]])

    sys.setprofile(count)
    try:
        read(name, text)
    finally:
        sys.setprofile(None)
    return called, parsed


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth and less of what may be held, so that small files are far beyond it."""
    for module in (lines, csv_rows, json_values):
        monkeypatch.setattr(module, "LONGEST_LINE", 4000, raising=False)
    monkeypatch.setattr(csv_rows, "LONGEST_CELL", 4000)
    monkeypatch.setattr(csv_rows, "LONGEST_HEADER", 400)
    monkeypatch.setattr(json_values, "LONGEST_RECORD", 4000)
    monkeypatch.setattr(json_values, "MOST_LINES", 500)
    monkeypatch.setattr(json_values, "MOST_BRACKETS", 100)
    monkeypatch.setattr(unpacking, "PIECE", 4096)


@every_file
def test_what_is_held_has_a_limit_and_does_not_grow_with_the_file(small_limits: None, name: str, make: Make) -> None:
    small, large = (held(name, make(size)) for size in (10_000, 40_000))
    assert large < MOST_HELD
    assert large - small < SLACK


@every_file
def test_up_to_its_limit_a_file_takes_memory_in_proportion(name: str, make: Make) -> None:
    text = make(30_000)
    assert held(name, text) < MOST_HELD + MOST_A_CHARACTER * len(text)


@every_file
def test_it_takes_as_many_steps_as_it_has_characters_and_parses_each_a_few_times(name: str, make: Make) -> None:
    taken = []
    for size in (10_000, 40_000):
        text = make(size)
        called, parsed = steps(name, text)
        taken.append(called)
        assert parsed <= 4 * len(text)
    assert taken[1] <= 4.5 * taken[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", HEADER + 'image,a,"x"\n'),
        ("a.jsonl", '{"kind": "image", "task_id": "a"}\n'),
        ("urls.yaml", "a_0.png: https://e.com/0\n"),
    ],
)
def test_it_is_noticed_what_is_parsed(name: str, text: str) -> None:
    _, parsed = steps(name, text)
    assert parsed >= len(text.splitlines()[-1])


def test_a_row_over_many_lines_is_one_row_and_a_quote_that_never_closes_costs_its_line() -> None:
    text = HEADER + 'image,a,"one\ntwo\n\nthree"\nimage,b,"never\nimage,c,x\nimage,d,"y""\nz"\n'
    found = list(Reading(io.BytesIO(text.encode()), name="a.csv"))
    assert [(entry.line, entry.task_id) for entry in found if isinstance(entry, Row)] == [(2, "a"), (7, "c"), (8, "d")]
    assert [(entry.line, entry.sentence) for entry in found if isinstance(entry, Problem)] == [(6, csv_rows.MISMATCHED)]


def test_a_reading_may_begin_behind_a_row_over_many_lines() -> None:
    text = HEADER + 'image,a,"one\ntwo"\nimage,b,"never\n' + "image,c,x\n" * 300
    whole = Reading(io.BytesIO(text.encode()), name="a.csv")
    found = [
        ({"lines": whole.lines, "within": whole.within}, entry) for entry in whole if isinstance(entry, Row | Problem)
    ]
    for after, (place, _entry) in enumerate(found[:5], 1):
        rest = Reading(io.BytesIO(text.encode()), name="a.csv", **place)
        assert [entry for entry in rest if isinstance(entry, Row | Problem)] == [entry for _, entry in found[after:]]
