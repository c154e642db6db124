"""Workbooks as people and programs make them: several sheets, formulas, dates, merged titles, numbers for ids."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from dashboard.register.importing.cells.entries import Note
from dashboard.register.importing.cells.tables import ANOTHER
from tests.register.reader import entries, keys, only_problem, problems, rows
from tests.register.workbooks import MAIN, workbook

A = ("image", "a")
NAMES = ["kind", "task_id", "prompt"]


def made(fill: Callable[[Workbook, Worksheet], object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    fill(book, sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_parts(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Each of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            after.writestr(name, change(before.read(name)))
    return file.getvalue()


def a_merged_title(book: Workbook, sheet: Worksheet) -> None:
    sheet["A1"] = "Tasks of October"
    sheet.merge_cells("A1:C1")
    sheet.append(NAMES)
    sheet.append(["image", "a", "a fox"])


def a_table_off_the_corner(book: Workbook, sheet: Worksheet) -> None:
    for place, pair in zip("CDE", zip(NAMES, ["image", "a", "a fox"], strict=True), strict=True):
        sheet[f"{place}5"], sheet[f"{place}6"] = pair


def text_in_colours(book: Workbook, sheet: Worksheet) -> None:
    sheet.append(NAMES)
    sheet.append(["image", "a", CellRichText("a ", TextBlock(InlineFont(b=True), "fox"))])


def a_chart_between(book: Workbook, sheet: Worksheet) -> None:
    sheet["A1"] = "about"
    book.create_chartsheet("Chart")
    tasks = book.create_sheet("Tasks")
    tasks.append(NAMES)
    tasks.append(["image", "a", "a fox"])
    book.create_sheet("Old").append(NAMES)


def a_filter_and_frozen_panes(book: Workbook, sheet: Worksheet) -> None:
    sheet.append(["Kind ", "Task ID\n(from the API)", "Prompt*"])
    sheet.append(["Image", "\u00a0a\n", "a fox"])
    sheet.auto_filter.ref, sheet.freeze_panes = "A1:C2", "A2"


MADE = {
    "a merged title": made(a_merged_title),
    "a table off the corner": made(a_table_off_the_corner),
    "text in colours": made(text_in_colours),
    "a chart between the sheets": made(a_chart_between),
    "a filter and frozen panes": made(a_filter_and_frozen_panes),
    "a dimension that is wrong": with_parts(
        workbook([NAMES, ["image", "a", "a fox"]]),
        lambda part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', part),
    ),
    "an empty sheet first": workbook([], [NAMES, ["image", "a", "a fox"]]),
    "a pivot first": workbook([["Kind", "Count"], ["image", 3]], [NAMES, ["image", "a", "a fox"]]),
}


@pytest.mark.parametrize("content", MADE.values(), ids=MADE)
def test_it_is_read_as_its_author_sees_it(content: bytes) -> None:
    assert rows(content, name="tasks.xlsx") == {A: {"prompt": "a fox"}}


def test_what_xml_cannot_hold_is_read_as_what_it_is() -> None:
    book = workbook([NAMES, ["image", "a", "one_x000D_\ntwo_x000d_three"], ["image", "b", "_x005F_x0041_ and _x_"]])
    assert rows(book) == {A: {"prompt": "one\ntwo\nthree"}, ("image", "b"): {"prompt": "_x0041_ and _x_"}}


DATES: dict[str, tuple[object, str]] = {
    "a day": (date(2026, 10, 5), "2026-10-04T16:00:00+00:00"),
    "a moment": (datetime(2026, 10, 5, 1, 15), "2026-10-04T17:15:00+00:00"),  # noqa: DTZ001 # as Excel has it
    "a moment with a fraction": (
        datetime(2026, 10, 5, 1, 15, 0, 250_000),  # noqa: DTZ001 # as Excel has it
        "2026-10-04T17:15:00.250000+00:00",
    ),
    "a text": ("2026-10-05 01:15", "2026-10-04T17:15:00+00:00"),
    "a text with an offset": ("2026-10-05T01:15:00+0800", "2026-10-04T17:15:00+00:00"),
}


@pytest.mark.parametrize("macintosh", [False, True], ids=["since 1900", "since 1904"])
@pytest.mark.parametrize(("cell", "moment"), DATES.values(), ids=DATES)
def test_a_date_is_the_one_that_the_cell_shows(cell: object, moment: str, macintosh: bool) -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        if macintosh:
            book.epoch = CALENDAR_MAC_1904
        sheet.append(["kind", "task_id", "created_at"])
        sheet.append(["image", "a", cell])

    assert rows(made(fill))[A]["created_at"] == moment


REFUSED: dict[str, tuple[list[object], str]] = {
    "a formula that nothing computed": (["image", "=A1"], "The task id is blank."),
    "an error": (["image", "#N/A"], "The task id is “#N/A”, an error of a spreadsheet. Format its column as text."),
    "a number beyond fifteen digits": (
        ["image", 1234567890123456],
        "The task id is “1.23456789012346E+15”: a spreadsheet has rounded it. Format its column as text.",
    ),
    "a time without its day": (
        ["image", "x", None, time(1, 15)],
        "The created_at is “01:15:00”. Use ISO 8601, such as 2026-01-30T12:00:00+00:00.",
    ),
    "a date whose format was lost": (
        ["image", "x", None, 46300.052083],
        "The created_at is “46300.052083”. Use ISO 8601, such as 2026-01-30T12:00:00+00:00.",
    ),
    "a date where pixels belong": (
        ["image", "x", None, None, datetime(1900, 1, 5)],  # noqa: DTZ001 # as Excel has it
        "The width is “1900-01-05 00:00:00”. Use a whole number of pixels, from 1 to 1,000,000.",
    ),
    "per cent": (
        ["image", "x", None, None, 0.1],
        "The width is “0.1”. Use a whole number of pixels, from 1 to 1,000,000.",
    ),
    "a sum below": (["Total", None, None, None, 2048], "The kind is “total”. Use image or video."),
}


@pytest.mark.parametrize(("cells", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_row_that_a_spreadsheet_spoilt_costs_only_itself(cells: list[object], sentence: str) -> None:
    book = workbook([[*NAMES, "created_at", "width"], ["image", "a"], cells, ["image", "z"]])
    assert only_problem(book) == (3, sentence)
    assert keys(entries(book)) == [A, ("image", "z")]


def test_numbers_that_fit_are_the_ids_that_the_cells_show() -> None:
    book = workbook([["kind", "task_id"], ["image", 12345], ["image", 123456789012345], ["image", 7.0]])
    assert [task_id for _, task_id in keys(entries(book))] == ["12345", "123456789012345", "7"]


def test_another_header_below_ends_the_reading() -> None:
    book = workbook([["task_id", "prompt"], ["a", "x"], ["prompt", "task_id"], ["owl", "b"]])
    found = entries(book, kind="image")
    assert (keys(found), problems(found)) == ([A], [(3, ANOTHER)])


def test_of_several_sheets_it_is_told_which_one_was_read() -> None:
    assert Note("Of the 3 sheets, Tasks was read.") in entries(MADE["a chart between the sheets"])


def test_a_workbook_of_the_strict_form_is_named() -> None:
    strict = with_parts(
        workbook([NAMES, ["image", "a", "a fox"]]),
        lambda part: part.replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
    )
    sentence = "This Excel workbook is in the strict form. Save it as an ordinary Excel workbook (.xlsx)."
    assert only_problem(strict) == (1, sentence)
