"""Files packed with gzip, long lines, and readings that go on where another stopped."""

from __future__ import annotations

import gzip
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.register.importing import reading
from dashboard.register.importing.cells.entries import Entry, Problem, Row
from dashboard.register.importing.formats import lines as importing_lines
from dashboard.register.importing.reading import Reading
from tests.register.reader import entries, keys, problems, read

FORMATS = {
    "tasks.csv": 'kind,task_id,prompt\nimage,a,"two\nlines"\nimage,b,"open\nimage,a,again\nvideo,c,x\naudio,d,x\n',
    "tasks.jsonl": '{"kind": "image", "task_id": "a"}\n\n{"kind": "audio"}\n{"kind": "video", "task_id": "b"}\n',
    "task.json": '{\n "kind": "image",\n "task_id": "a"\n}\n',
    "lines.json": '{"kind": "image", "task_id": "a"}\n{"kind": "image", "task_id": "b"}\n',
    "urls.yaml": "a_0.png: https://e.com/0\nb_0.txt: x\na_1.png: https://e.com/1\nb_0.mp4: https://e.com/2\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_may_be_packed(name):
    plain = entries(FORMATS[name], name=name)
    assert entries(gzip.compress(FORMATS[name].encode()), name=f"{name}.gz") == plain
    # What it holds decides, not what it is called.
    assert entries(gzip.compress(FORMATS[name].encode()), name=name) == plain


def test_a_packed_file_that_is_cut_off_keeps_what_came_before():
    packed = gzip.compress(b"kind,task_id\n" + b"".join(b"image,task_%d\n" % number for number in range(50_000)))
    found = entries(packed[: len(packed) // 2], name="tasks.csv.gz")
    assert 1_000 < len(keys(found)) < 50_000
    assert problems(found)[-1][1] == "The gzip file is damaged or cut off here. What follows was not read."


def test_what_only_begins_like_a_packed_file_is_named():
    assert problems(entries(b"\x1f\x8bnonsense", name="x.gz")) == [
        (1, "The gzip file is damaged or cut off here. What follows was not read.")
    ]


def test_a_file_that_unpacks_to_an_endless_line_is_not_held_in_memory():
    file = io.BytesIO()
    with gzip.GzipFile(fileobj=file, mode="wb") as packer:
        packer.write(b"kind,task_id,prompt\nimage,a,")
        for _ in range(100):
            packer.write(b"x" * 1_000_000)
        packer.write(b"\nimage,b,x\n")
    file.seek(0)
    tracemalloc.start()
    try:
        found = list(Reading(file, name="bomb.csv"))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000
    assert keys(found) == [("image", "b")]
    assert problems(found) == [(2, "Line 2 is longer than 4,000,000 characters.")]


def test_a_file_is_read_only_so_far():
    packed = gzip.compress(b"kind,task_id\n" + b"image,abcdef\n" * 200_000)
    found = list(Reading(io.BytesIO(packed), name="tasks.csv", most=1_000_000))
    assert problems(found)[-1][1] == "The file unpacks to more than 1 MB. What follows was not read."
    assert len(found) < 100_000


def test_on_the_page_a_map_is_read_only_so_far(monkeypatch):
    monkeypatch.setattr(reading, "MOST_LINES", 2)
    content = b"".join(b"a%d_0.png: https://example.com/1.png\n" % number for number in range(9))
    found = list(Reading(io.BytesIO(content), name="urls.yaml", most=1_000_000))
    assert keys(found) == [("image", "a0"), ("image", "a1")]
    assert [line for line, _sentence in problems(found)] == [3]
    assert len(keys(list(Reading(io.BytesIO(content), name="urls.yaml")))) == 9


def told(found: list[Entry]) -> list[Entry]:
    """What a reading that goes on does not tell again."""
    return [entry for entry in found if isinstance(entry, Row | Problem)]


@given(
    name=st.sampled_from(sorted(FORMATS)),
    packed=st.booleans(),
    stop=st.integers(min_value=0, max_value=6),
)
def test_a_reading_goes_on_where_another_stopped(name, packed, stop):
    content = gzip.compress(FORMATS[name].encode()) if packed else FORMATS[name].encode()

    whole = list(read(content, name=name))
    first = read(content, name=name)
    before = [found for _, found in zip(range(stop), first, strict=False)]
    after = list(read(content, name=name, lines=first.lines, within=first.within, entries=first.entries))
    assert told(before + after) == told(whole)


def test_a_file_of_blank_lines_is_not_read_for_minutes(monkeypatch):
    monkeypatch.setattr(importing_lines, "MOST_BLANK", 3)
    found = entries("kind,task_id\nimage,a\n\n\n\nimage,b\n \n\n\t\n\nimage,c\n")
    assert keys(found) == [("image", "a"), ("image", "b")]
    assert problems(found) == [(10, "More than 3 blank lines follow one another here. What follows was not read.")]
    assert problems(entries("\n" * 9))[0][1].startswith("More than 3 blank lines")


def test_lines_end_where_the_longest_does(monkeypatch):
    monkeypatch.setattr(importing_lines, "LONGEST_LINE", 30)
    found = entries("abc\n" + "d" * 100 + "\nabc2\n" + "e" * 30, kind="image")
    assert keys(found) == [("image", "abc"), ("image", "abc2")]
    assert [line for line, _sentence in problems(found)] == [2, 4]
