"""CSV, and every cell that can be wrong in any format: what is read, and the sentence the operator reads."""

from __future__ import annotations

import pytest

from dashboard.register.importing.cells.entries import Row
from tests.register.reader import columns, entries, keys, only_problem, only_row, problems


def test_csv_columns_come_in_any_order():
    row = only_row(
        "prompt,duration,task_id,kind,url,status,model,height,width,created_at\n"
        '"A fox, in snow",5.5,abcd_1,video,https://example.com/a.mp4,completed,seedancev2,720,1280,2026-01-30T12:00:00+08:00\n'
    )
    assert row.key == ("video", "abcd_1")
    assert row.values == {
        "status": "completed",
        "model": "seedancev2",
        "prompt": "A fox, in snow",
        "urls": ["https://example.com/a.mp4"],
        "created_at": "2026-01-30T04:00:00+00:00",
        "width": 1280,
        "height": 720,
        "duration": 5.5,
    }


def test_empty_cells_give_nothing():
    row = only_row("kind,task_id,status,model,prompt,url,created_at,width,height,duration\nimage,a,,,,,,,,\n")
    assert row.values == {}


@pytest.mark.parametrize(
    "content", ["kind;task_id\nimage;a\n", "kind\ttask_id\nimage\ta\n", "Kind, Task_ID\nImage , a \n"]
)
def test_csv_of_spreadsheets_elsewhere(content):
    assert keys(entries(content)) == [("image", "a")]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending(ending):
    content = ending.join(["kind,task_id", "image,a", "", "image,b"])
    assert keys(entries(content)) == [("image", "a"), ("image", "b")]


def test_a_byte_order_mark_is_no_part_of_the_header():
    assert keys(entries(b"\xef\xbb\xbfkind,task_id\nimage,a\n")) == [("image", "a")]


def test_a_prompt_may_hold_quotes_and_line_breaks():
    found = entries('kind,task_id,prompt\nimage,a,"one ""two""\nthree"\nimage,b,last\nimage,c d,x\n')
    assert [row.values["prompt"] for row in found if isinstance(row, Row)] == ['one "two"\nthree', "last"]
    # Lines are counted in the file, not in rows.
    assert problems(found)[0][0] == 5


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("task_id,prompt", "The header lacks the column kind. Nothing was read."),
        ("kind,prompt", "The header lacks the column task_id. Nothing was read."),
        ("id,prompt", "The header lacks the columns kind, task_id. Nothing was read."),
        ("kind,task_id,task_id", "The header names the column task_id twice. Nothing was read."),
    ],
)
def test_a_missing_column_is_named(header, sentence):
    assert only_problem(f"{header}\nimage,a\n", name="tasks.csv") == (1, sentence)


def test_a_chosen_kind_stands_in_for_the_column():
    assert keys(entries("task_id,prompt\na,x\n", kind="video")) == [("video", "a")]


def test_other_columns_are_ignored_by_name():
    found = entries("kind,task_id,seed,owner\nimage,a,1,me\n")
    assert keys(found) == [("image", "a")]
    assert columns("kind,task_id,seed,owner\nimage,a,1,me\n") == (["kind", "task_id"], ["seed", "owner"])


def test_too_many_cells_are_an_unquoted_comma():
    content = "kind,task_id,prompt\nimage,a,a fox, in snow\nimage,b,fine,\n"
    assert only_problem(content) == (2, "The row has 4 cells, the header 3.")
    assert keys(entries(content)) == [("image", "b")]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('image,bad,"never closed', "A quote that opens on this line is never closed."),
        ('image,bad,"5" screen', "The quotes on this line don't match."),
    ],
)
def test_a_stray_quote_costs_only_its_own_line(line, sentence):
    content = f"kind,task_id,prompt\nimage,a,x\n{line}\nimage,b,x\nimage,c,x\n"
    assert only_problem(content) == (3, sentence)
    assert keys(entries(content)) == [("image", "a"), ("image", "b"), ("image", "c")]


def test_formula_cells_are_text():
    row = only_row("kind,task_id,prompt\nimage,=1+1,=cmd|' /C calc'!A0\n")
    assert (row.task_id, row.values["prompt"]) == ("=1+1", "=cmd|' /C calc'!A0")


def test_latin_1_bytes_cost_only_their_line():
    content = "kind,task_id,prompt\nimage,a,x\nimage,b,café\nimage,c,x\n".encode("latin-1")
    assert only_problem(content) == (3, "Line 3 is not UTF-8.")
    assert keys(entries(content)) == [("image", "a"), ("image", "c")]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("audio,x,,,,,,,", "The kind is “audio”. Use image or video."),
        (",x,,,,,,,", "The kind is blank. Use image or video."),
        ("image,,,,,,,,", "The task id is blank."),
        ("image,   ,,,,,,,", "The task id is blank."),
        ("image," + "x" * 10_000 + ",,,,,,,", "The task id has 10,000 characters. The limit is 255."),
        ("image,x y,,,,,,,", "The task id “x y” holds whitespace or a control character."),
        ("image,x\u200by,,,,,,,", "The task id “x�y” holds whitespace or a control character."),
        ("image,x\x1by,,,,,,,", "The task id “x�y” holds whitespace or a control character."),
        ("image,x\0y,,,,,,,", "The task id holds a NUL byte."),
        ("image,x,,,a\0b,,,,", "The prompt holds a NUL byte."),
        (
            "image,x,done,,,,,,",
            "The status is “done”. Use unknown, queued, processing, uploading, completed or failed.",
        ),
        ("image,x,," + "m" * 101 + ",,,,,", "The model has 101 characters. The limit is 100."),
        (
            "image,x,,,,javascript:alert(1),,,",
            "The url is “javascript:alert(1)”. Only http and https addresses are kept.",
        ),
        ("image,x,,,,https://[::1,,,", "The url is “https://[::1”. Only http and https addresses are kept."),
        ("image,x,,,,,yesterday,,", "The created_at is “yesterday”. Use ISO 8601, such as 2026-01-30T12:00:00+00:00."),
        (
            "image,x,,,,,0001-01-01T00:00:00+14:00,,",
            "The created_at is “0001-01-01T00:00:00+14:00”. Use ISO 8601, such as 2026-01-30T12:00:00+00:00.",
        ),
        (f"image,x,,,,,2026-01-30T12:00:00.{'0' * 80},,", "The created_at has 100 characters. Use at most 64."),
        ("image,x,,,,,,wide,", "The width is “wide”. Use a whole number of pixels, from 1 to 1,000,000."),
        ("image,x,,,,,,0,", "The width is “0”. Use a whole number of pixels, from 1 to 1,000,000."),
        ("image,x,,,,,,1.5,", "The width is “1.5”. Use a whole number of pixels, from 1 to 1,000,000."),
        ("image,x,,,,,,1_0,", "The width is “1_0”. Use a whole number of pixels, from 1 to 1,000,000."),
        ("image,x,,,,,,,-1", "The duration is “-1”. Use a number of seconds above 0."),
        ("image,x,,,,,,,inf", "The duration is “inf”. Use a number of seconds above 0."),
        ("image,x,,,,,,,nan", "The duration is “nan”. Use a number of seconds above 0."),
    ],
)
def test_a_bad_cell_costs_only_its_row(cells, sentence):
    content = (
        f"kind,task_id,status,model,prompt,url,created_at,width,duration\nimage,a{',' * 7}\n{cells}\nimage,b{',' * 7}\n"
    )
    assert only_problem(content) == (3, sentence)
    assert keys(entries(content)) == [("image", "a"), ("image", "b")]


@pytest.mark.parametrize("text", ["2026-01-30 12:00:00", "2026-01-30T12:00:00", "2026-01-30"])
def test_a_time_without_an_offset_is_of_the_persons_zone_and_its_text_is_kept(text):
    values = only_row(f"kind,task_id,created_at\nimage,a,{text}\n").values
    moment = "2026-01-30T04:00:00+00:00" if ":" in text else "2026-01-29T16:00:00+00:00"
    assert values == {"created_at": moment, "created_raw": text}


def test_a_time_with_an_offset_is_a_moment():
    row = only_row("kind,task_id,created_at\nimage,a,2026-01-30T12:00:00Z\n")
    assert row.values == {"created_at": "2026-01-30T12:00:00+00:00"}


def test_the_first_of_duplicate_rows_counts():
    found = entries("kind,task_id,prompt\nimage,a,x\nvideo,a,x\nimage,a,x\nimage,a,y\n")
    assert keys(found) == [("image", "a"), ("video", "a")]
    assert problems(found) == [
        (4, "Repeats image a of line 2."),
        (5, "Repeats image a of line 2 with other values. The first one counts."),
    ]
