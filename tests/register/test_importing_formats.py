"""JSON lines, task records, urls.yaml and bare ids, and every way they can be wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.register.importing.cells.entries import Note, Problem, Row
from dashboard.register.importing.formats import ids
from dashboard.register.importing.reading import read_folder
from dashboard.register.importing.repeats import sifted
from tests.register.reader import columns, entries, keys, only_problem, only_row, problems

# JSON lines


def test_json_lines():
    found = entries(
        '{"kind": "image", "task_id": "a", "width": 1024, "url": ["https://example.com/1.png"], "seed": 7}\n'
        "\n"
        '{"kind": "video", "task_id": "b", "duration": 5, "prompt": null, "urls": ["https://example.com/2.mp4"]}\n'
    )
    assert [row.values for row in found if isinstance(row, Row)] == [
        {"width": 1024, "urls": ["https://example.com/1.png"]},
        {"duration": 5.0, "urls": ["https://example.com/2.mp4"]},
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b'{"kind": "image", "task_id": ', "The line is not JSON at column 29."),
        (b'{"kind": "image", "task_id": "x", "width": NaN}', "The line is not JSON."),
        (b"[" * 100_000, "The line is not JSON."),
        (b'"x"', "The line is not a JSON object."),
        (b'["x"]', "The kind of this id is missing. Choose one."),
        (b'{"kind": "image", "task_id": 12}', "The task id is “12”, which is not text."),
        (b'{"kind": ["image"], "task_id": "x"}', "The kind is “['image']”, which is not text."),
        (b'{"kind": "image"}', "The task id is blank."),
        (b'{"kind": "image", "task_id": "x\\u0000"}', "The task id holds a NUL byte."),
        (
            b'{"kind": "image", "task_id": "x", "prompt": "\\ud800"}',
            "The prompt holds half a character, which no text can.",
        ),
        (b'{"kind": "image", "task_id": "x", "prompt": "caf\xe9"}', "Line 2 is not UTF-8."),
        (
            b'{"kind": "image", "task_id": "x", "width": true}',
            "The width is “True”. Use a whole number of pixels, from 1 to 1,000,000.",
        ),
        (
            b'{"kind": "image", "task_id": "x", "duration": 1' + b"0" * 400 + b"}",
            "The duration is “1" + "0" * 39 + "…”. Use a number of seconds above 0.",
        ),
        (b'{"kind": "image", "task_id": "x", "url": [1]}', "The url is “1”, which is not text."),
        (
            b'{"format": "tensorslab.task@2", "kind": "image", "task_id": "x", "request": {}}',
            "The record's format is not tensorslab.task@1.",
        ),
    ],
)
def test_a_bad_json_line_costs_only_itself(line, sentence):
    content = b'{"kind": "image", "task_id": "a"}\n' + line + b'\n{"kind": "image", "task_id": "b"}\n'
    assert only_problem(content) == (2, sentence)
    assert keys(entries(content)) == [("image", "a"), ("image", "b")]


@pytest.mark.parametrize("column", ["kind", "task_id", "model", "url", "created_at", "width"])
def test_a_line_that_is_nested_deeply_costs_only_itself(column):
    good = b'{"kind": "image", "task_id": "%s"}\n'
    # Somewhere between these depths a line can still be parsed, but not be written out.
    deep = [b"[" * depth + b"]" * depth for depth in range(500, 1000, 10)]
    lines = [b'{"kind": "image", "task_id": "x", "%s": %s}\n' % (column.encode(), value) for value in deep]
    found = entries(good % b"a" + b"".join(lines) + good % b"b")
    assert keys(found) == [("image", "a"), ("image", "b")]
    assert len(problems(found)) == len(deep)


# Task records


RECORD = {
    "format": "tensorslab.task@1",
    "kind": "video",
    "task_id": "abcd_1",
    "generation_status": "submitted",
    "request": {"model": "seedancev2", "prompt": "A fox", "resolution": "1280x720", "duration": 5, "ratio": "16:9"},
    "result_urls": ["https://example.com/a.mp4", "file:///etc/passwd"],
    "error": None,
    "created_at": "2026-01-30T12:00:00+08:00",
}


def test_a_record_printed_over_many_lines():
    row = only_row(json.dumps(RECORD, indent=2), name="abcd_1.json")
    assert row.key == ("video", "abcd_1")
    assert row.values == {
        "status": "queued",
        "model": "seedancev2",
        "prompt": "A fox",
        "urls": ["https://example.com/a.mp4"],
        "created_at": "2026-01-30T04:00:00+00:00",
        "width": 1280,
        "height": 720,
        "duration": 5.0,
    }


def test_a_record_keeps_its_task_whatever_else_it_holds():
    odd = RECORD | {
        "generation_status": 7,
        "request": "?",
        "result_urls": {},
        "created_at": 12,
        "error": {"message": "Bad"},
    }
    assert only_row(json.dumps(RECORD | odd)).values == {"error": "Bad"}


def test_a_record_without_a_task_id_is_skipped():
    (note,) = entries(json.dumps(RECORD | {"task_id": None}), name="x.json")
    assert note == Note(sentence="Skipped a record without a task id: it was never submitted.")


def test_a_json_file_may_hold_json_lines_after_all():
    assert keys(entries('{"kind":"image","task_id":"a"}\n{"kind":"image","task_id":"b"}\n', name="x.json")) == [
        ("image", "a"),
        ("image", "b"),
    ]


def test_a_folder_is_read_without_what_is_still_being_written(tmp_path: Path):
    (tmp_path / "1.json").write_text(json.dumps(RECORD))
    (tmp_path / "2.json").write_text("{")
    (tmp_path / "3.json").write_text(json.dumps(RECORD | {"task_id": "abcd_3"}))
    (tmp_path / ".4.json.tmp").write_text("{")
    (tmp_path / ".5.json").write_text("{")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "6.json").write_text(json.dumps(RECORD))
    (found,) = sifted(read_folder(tmp_path))
    assert keys(found) == [("video", "abcd_1"), ("video", "abcd_3")]
    assert [problem for problem in found if isinstance(problem, Problem)] == [
        Problem(line=1, file="2.json", sentence="The line is not JSON at column 2."),
        Problem(line=1, file="6.json", sentence="Repeats video abcd_1 of 1.json."),
    ]


def test_an_empty_folder_says_so(tmp_path: Path):
    assert problems(list(read_folder(tmp_path))) == [(1, "The folder holds no task record (*.json).")]


# urls.yaml


def test_urls_yaml_gathers_the_results_of_one_id():
    found = entries(
        "# made by the client\n---\n"
        "ab_cd_10_1.png: https://example.com/1.png\n"
        "ab_cd_10_0.png: 'https://example.com/0.png?a=b#c'\n"
        '"v_1_0.MP4": "https://example.com/v.mp4"\n'
        "? long_0.jpg\n: https://example.com/long.jpg\n"
        "folded_0.webp: >-\n  https://example.com/folded.webp\n",
        name="urls.yaml",
    )
    assert {row.key: row.values["urls"] for row in found if isinstance(row, Row)} == {
        ("image", "ab_cd_10"): ["https://example.com/0.png?a=b#c", "https://example.com/1.png"],
        ("video", "v_1"): ["https://example.com/v.mp4"],
        ("image", "long"): ["https://example.com/long.jpg"],
        ("image", "folded"): ["https://example.com/folded.webp"],
    }
    assert problems(found) == []


def test_a_pasted_url_map_needs_no_name():
    assert keys(entries("ab_1_0.png: https://example.com/1.png\n")) == [("image", "ab_1")]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("x_0.txt: https://example.com/1", "The extension .txt is neither an image's nor a video's. Choose the kind."),
        ("x.png: https://example.com/1", "The name “x.png” is not a task id, an index and an extension."),
        ("x_0.png: ftp://example.com/1", "The url is “ftp://example.com/1”. Only http and https addresses are kept."),
        ("x_0.png:", "The address of “x_0.png” is blank."),
        ("x_0.png: [https://example.com/1]", "The line is not “name: address”."),
        ("x_0.png: !!python/object/apply:os.system [ls]", "The line is not “name: address”."),
        ("x_0.png: *alias", "The line is not “name: address”."),
        ("x_0.png: " + "[" * 15_000, "The line is not “name: address”."),
        ('"x_0.png: https://example.com/1', "The line is not “name: address”."),
        ("just a line", "The line is not “name: address”."),
        ("x_0.png: https://example.com/\0", "The line is not “name: address”."),
        ("a_1_0.png: https://example.com/2.png", "Repeats result 0 of a_1, first named on line 1."),
    ],
)
def test_a_bad_entry_costs_only_itself(line, sentence):
    content = f"a_1_0.png: https://example.com/1.png\n{line}\nb_1_0.png: https://example.com/1.png\n"
    assert only_problem(content, name="urls.yaml") == (2, sentence)
    assert keys(entries(content, name="urls.yaml")) == [("image", "a_1"), ("image", "b_1")]


# Ids alone


def test_ids_one_a_line_take_the_chosen_kind():
    found = entries("  abcd_1 \r\n\nabcd_2\nab cd\nabcd_3,abcd_4\n", kind="video")
    assert keys(found) == [("video", "abcd_1"), ("video", "abcd_2")]
    assert problems(found) == [
        (4, "The task id “ab cd” holds whitespace or a control character."),
        (5, "The line holds more than an id. Put one id on each line."),
    ]


def test_ids_without_a_kind_are_refused_as_one_and_counted():
    sentence = "The kind of these ids is missing. Choose one, or begin with the line kind,task_id."
    assert entries("\nabcd_1\n\n'abcd_2',\n") == [Problem(2, sentence, ids=2)]
    assert entries("abcd_1") == [Problem(1, sentence.replace("these ids", "this id"), ids=1)]


def test_no_more_ids_without_a_kind_are_counted_than_a_request_can_wait_for(monkeypatch):
    monkeypatch.setattr(ids, "MOST_COUNTED", 3)
    assert only_problem("a_1\na_2\na_3\n")[1].endswith("the line kind,task_id.")
    assert only_problem("a_1\na_2\na_3\na_4\n")[1].endswith("Only the first 3 were counted.")
    monkeypatch.setattr(ids, "MOST_COUNTED_IN", 5)
    assert only_problem("a_1\na_2\na_3\n")[1].endswith("Only the first 2 were counted.")


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_nothing_is_said_to_be_nothing(content):
    assert only_problem(content, name="tasks.csv") == (1, "There is nothing in it.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("kind,task_id,a\0b\nimage,x,\n", "a�b"),
        ('{"kind": "image", "task_id": "x", "a\\u0000\\ud800": 1}', "a��"),
        (
            'y_1_0.png: https://example.com/1.png\n"a\\0b": c\n',
            "The name “a�b” is not a task id, an index and an extension.",
        ),
    ],
)
def test_sentences_hold_nothing_that_a_database_or_a_terminal_chokes_on(content, sentence):
    sentences = [found.sentence for found in entries(content) if not isinstance(found, Row)]
    assert sentence in sentences + columns(content)[1]


PIECES = st.sampled_from(
    [
        b"kind,task_id,prompt\n",
        b"image,a,x\n",
        b'image,b,"',
        b'"',
        b"\n",
        b"\r",
        b",",
        b"\0",
        b"\xe9",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"{",
        b"}",
        b"[",
        b'{"kind": "image", "task_id": "a"}\n',
        b'{"format": "tensorslab.task@1"}\n',
        b"\\u0000",
        b"\\ud800",
        b"a_1_0.png: https://example.com/1.png\n",
        b"a_1_0.png: [",
        b"  - x\n",
        b"? ",
        b": ",
        b"&a ",
        b"*a",
        b"!!map ",
        b"\t",
    ]
)


@given(
    pieces=st.lists(PIECES | st.binary(max_size=8), max_size=12),
    name=st.sampled_from(["tasks.csv", "tasks.jsonl", "task.json", "urls.yaml", "pasted rows"]),
    kind=st.sampled_from(["", "image"]),
)
def test_whatever_is_uploaded_becomes_rows_and_sentences(pieces, name, kind):
    for found in entries(b"".join(pieces), name=name, kind=kind):
        if isinstance(found, Row):
            assert not re.search(r"[\s\0-\x1f\x7f]", found.task_id)
        else:
            assert found.sentence.endswith(".")
            assert "\0" not in found.sentence
            found.sentence.encode()
