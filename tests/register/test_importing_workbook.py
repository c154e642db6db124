"""Excel workbooks: their cells, sheets and rows, and those that are made to do harm."""

from __future__ import annotations

import tracemalloc
from datetime import date, datetime

import pytest

from dashboard.register.importing.cells.entries import Note
from dashboard.register.importing.formats import sheets
from dashboard.register.importing.formats import workbook as reader
from tests.register.reader import columns, entries, keys, only_problem, problems, read, rows
from tests.register.workbooks import HEADER, by_hand, row, workbook

NAMES = ["kind", "task_id", "prompt", "created_at", "width", "duration"]
A = ("image", "a")


def test_its_cells_are_read_as_they_are_written() -> None:
    content = workbook(
        [
            [*NAMES, "owner"],
            ["image", "a", "a fox, 狐狸", datetime(2026, 10, 5, 1, 15), 2048, 5.5, "me"],  # noqa: DTZ001 # as Excel has it
            ["视频", "b", None, date(2026, 10, 5), 1280.0, 5, None],
            ["image", "'=c", "'=x", "2026-10-05T01:15:00+02:00", "7", "5,5", None],
        ]
    )
    assert rows(content, name="tasks.xlsx") == {
        A: {
            "prompt": "a fox, 狐狸",
            "created_at": "2026-10-04T17:15:00+00:00",
            "created_raw": "2026-10-05 01:15:00",
            "width": 2048,
            "duration": 5.5,
        },
        ("video", "b"): {
            "created_at": "2026-10-04T16:00:00+00:00",
            "created_raw": "2026-10-05 00:00:00",
            "width": 1280,
            "duration": 5.0,
        },
        # As a spreadsheet holds what our own export guarded.
        ("image", "=c"): {"prompt": "=x", "created_at": "2026-10-04T23:15:00+00:00", "width": 7, "duration": 5.5},
    }
    assert columns(content) == (NAMES, ["owner"])


BOOKS = {
    "as Excel names it": [["Kind", "Task ID", "Prompt"], ["Image", "a", "a fox"]],
    "a title before the header": [["Tasks of October"], [], ["kind", "task_id", "prompt"], ["image", "a", "a fox"]],
    "rows without their last cells": [["kind", "task_id", "prompt", "url"], ["image", "a", "a fox"]],
    "empty rows": [["kind", "task_id", "prompt"], [], [None, " "], ["image", "a", "a fox"], [], []],
    "columns without names": [["kind", None, "task_id", "prompt"], ["image", None, "a", "a fox"]],
    "the API's names": [["taskid", "image_status", "prompt"], ["a", None, "a fox"]],
    "names in capitals": [["KIND", "TASK_ID", "PROMPT"], ["IMAGE", "a", "a fox"]],
    "Chinese names": [["类型", "任务ID", "提示词"], ["图片", "a", "a fox"]],
    "a header again": [["kind", "task_id", "prompt"], ["image", "a", "a fox"], ["kind", "task_id", "prompt"]],
    "a line break in a name": [["kind", "task_id", "note\n(short)", "prompt"], ["image", "a", "x", "a fox"]],
    "ids in quotes": [["kind", "task_id", "prompt"], ["image", "'a'", "a fox"]],
}


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
@pytest.mark.parametrize("name", ["tasks.xlsx", "tasks.csv", "upload"])
def test_it_is_told_by_its_first_bytes_and_read_as_a_table(book: list[list[object]], name: str) -> None:
    assert rows(workbook(book), name=name) == {A: {"prompt": "a fox"}}


def test_texts_that_cells_share_are_read() -> None:
    strings = "".join(f"<si><t>{text}</t></si>" for text in ("kind", "task_id", "image", "a"))
    cells = "".join(f"<row>{''.join(f'<c t=`s`><v>{n}</v></c>' for n in pair)}</row>" for pair in ((0, 1), (2, 3)))
    assert rows(by_hand(cells.replace("`", '"'), strings=strings)) == {A: {}}


def test_the_first_sheet_with_a_header_is_read_and_told() -> None:
    book = workbook([["about"], ["x"]], [["kind", "task_id"], ["image", "a"]], [["kind", "task_id"], ["image", "b"]])
    found = entries(book)
    assert keys(found) == [A]
    assert Note("Of the 3 sheets, Sheet 2 was read.") in found


def test_a_hidden_sheet_is_not_read() -> None:
    book = workbook([["kind", "task_id"], ["image", "old"]], [["kind", "task_id"], ["image", "a"]], hidden=[0])
    assert keys(entries(book)) == [A]


def test_one_column_of_ids_takes_the_chosen_kind() -> None:
    assert rows(workbook([["a"], ["b"]]), kind="video") == {("video", "a"): {}, ("video", "b"): {}}
    assert rows(workbook([["ID"], ["a"], ["b"]]), kind="video") == {("video", "a"): {}, ("video", "b"): {}}


ROUNDED = "a spreadsheet has rounded it. Format its column as text."


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["audio", "x"], "The kind is “audio”. Use image or video."),
        (["image", 1234567890123456789], f"The task id is “1.23456789012346E+18”: {ROUNDED}"),
        (["image", "x", "p", "more"], "The row has 4 cells, the header 3."),
        (["image", None, "p"], "The task id is blank."),
        (["image", "x y"], "The task id “x y” holds whitespace or a control character."),
    ],
)
def test_a_bad_row_costs_only_itself(cells: list[object], sentence: str) -> None:
    book = workbook([["kind", "task_id", "prompt"], ["image", "a"], cells, ["image", "z"]])
    assert only_problem(book) == (3, sentence)
    assert keys(entries(book)) == [A, ("image", "z")]


@pytest.mark.parametrize("stop", range(5))
def test_a_reading_goes_on_where_another_stopped(stop: int) -> None:
    book = workbook([["kind", "task_id"], ["image", "a"], [], ["audio", "x"], ["image", "b"], ["image", "c"]])
    first = read(book)
    before = [found for _, found in zip(range(stop), first, strict=False)]
    after = list(read(book, lines=first.lines, within=first.within))
    assert keys([*before, *after]) == [A, ("image", "b"), ("image", "c")]
    assert len(problems([*before, *after])) == 1


A_ROW = row("image", "a", "x")
LAUGHS = "<!DOCTYPE l [<!ENTITY a 'haha'>" + "".join(
    f"<!ENTITY {after} '{f'&{before};' * 10}'>" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "a cell far out": HEADER + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "a row beyond any": HEADER + '<row r="99999999999"><c><v>1</v></c></row>',
    "a column beyond any": HEADER + '<row><c r="ZZZZ1"><v>1</v></c></row>',
    "a number without end": HEADER + f"<row><c><v>{'9' * 5000}</v></c></row>",
    "a text that is not there": HEADER + '<row><c t="s"><v>7</v></c></row>',
    "no cell": HEADER + "<row><c></c>",
    "no end": HEADER + A_ROW + "<row",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_odd_becomes_sentences(content: str) -> None:
    found = entries(by_hand(content), name="tasks.xlsx")
    assert problems(found)
    assert all(sentence.endswith(".") for _line, sentence in problems(found))


@pytest.mark.parametrize("cut", range(40, 2_000, 97))
def test_a_workbook_that_is_cut_off_is_named(cut: int) -> None:
    whole = by_hand(HEADER + A_ROW)
    assert problems(entries(whole[: len(whole) - cut])) == [
        (1, "The zip archive is damaged or cut off. Nothing was read.")
    ]


@pytest.mark.parametrize("place", range(50, 3_000, 61))
def test_a_workbook_with_a_wrong_byte_is_read_or_named(place: int) -> None:
    whole = bytearray(by_hand(HEADER + A_ROW * 3))
    whole[place % len(whole)] ^= 0x5A
    for found in entries(bytes(whole)):
        assert getattr(found, "sentence", ".").endswith(".")


def held(content: bytes) -> tuple[int, str]:
    """Bytes at most at once, and how it ended."""
    entries(by_hand(HEADER + A_ROW))
    tracemalloc.start()
    found = [found for found in read(content) if hasattr(found, "sentence")]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, found[-1].sentence if found else ""


BOMBS = {
    "cells without end": (HEADER + "<row>" + "<c/>" * 2_000_000, "A row of the workbook is too long"),
    "a text without end": (HEADER + "<row><c><v>" + "9" * 20_000_000, "A row of the workbook is too long"),
    "rows without cells": (HEADER + "<row/>" * 200_000, "More than 2,000 blank rows"),
    "a row far below": (HEADER + '<row r="90000000"><c><v>1</v></c></row>', "More than 2,000 blank rows"),
    "what follows the rows": (HEADER + A_ROW + "</sheetData>" + "<mergeCell/>" * 1_000_000 + "<sheetData>", ""),
}


@pytest.mark.parametrize(("content", "sentence"), BOMBS.values(), ids=BOMBS)
def test_what_a_sheet_unpacks_to_is_not_held(monkeypatch, content: str, sentence: str) -> None:
    monkeypatch.setattr(sheets, "MOST_OF_A_ROW", 100_000)
    monkeypatch.setattr(reader, "MOST_BLANK", 2_000)
    peak, ended = held(by_hand(content))
    assert peak < 8_000_000
    assert ended.startswith(sentence)


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/sharedStrings.xml": "<sst>" + "<si/>" * 3_000_000},
        {"xl/sharedStrings.xml": "<sst><si><t>" + "x" * 30_000_000},
        {"xl/styles.xml": "<styleSheet>" + "<xf/>" * 500_000},
        {"xl/workbook.xml": "<workbook>" + "<sheet/>" * 500_000},
        {"[Content_Types].xml": "<Types>" + " " * 30_000_000},
    ],
    ids=["shared texts", "one text", "styles", "sheets", "types"],
)
def test_what_stands_beside_the_rows_is_measured(monkeypatch, parts: dict[str, str]) -> None:
    monkeypatch.setattr(sheets, "MOST_OF_STRINGS", (4_000_000, 100_000))
    peak, ended = held(by_hand(HEADER + A_ROW, parts=parts))
    assert peak < 30_000_000
    assert ended == sheets.TOO_LARGE


def test_entities_that_grow_are_refused() -> None:
    content = by_hand(HEADER + row("image", "&i;", "x"), begin=f"{LAUGHS}]>")
    peak, ended = held(content)
    assert peak < 8_000_000
    assert ended == sheets.DAMAGED


def test_on_the_page_a_workbook_is_read_only_so_far(monkeypatch) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 3)
    book = workbook([["kind", "task_id"], *(["image", f"t{number}"] for number in range(9))])
    found = list(read(book, most=1_000_000))
    assert (len(keys(found)), problems(found)) == (2, [(4, reader.TOO_LONG)])
    assert len(keys(entries(book))) == 9
