import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.pages.spreadsheet import as_it_was, cell, csv_lines


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"])
def test_a_formula_gets_an_apostrophe(formula: str) -> None:
    assert cell(formula) == f"'{formula}"


@pytest.mark.parametrize(
    ("value", "text"),
    [("plain", "plain"), ("a=b", "a=b"), (None, ""), (-3, "-3"), (1.5, "1.5"), ("", ""), (True, "True")],
)
def test_anything_else_stays_what_it_is(value: object, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize("separator", [";", "\t", "\n", '; "'])
def test_what_another_separator_would_make_a_cell_gets_one_too(separator: str) -> None:
    assert cell(f"x{separator}=cmd|' /C calc'!A0") == f"x{separator}'=cmd|' /C calc'!A0"
    assert cell(f"x{separator}y = z; w") == f"x{separator}y = z; w"


def test_lines_can_be_read_back() -> None:
    rows = [["id", "message"], ["1", 'He said "no",\nand left'], ["ü", "'=1"]]

    read = csv.reader("".join(csv_lines(rows)).splitlines(keepends=True))
    assert [[as_it_was(text) for text in row] for row in read] == rows


BITS = st.sampled_from(["'", "=", "-", "+x", ";", "\t", " ", '"', "\r\n", "\n", "a", "＝", "@"])


@given(text=st.lists(BITS, max_size=12).map("".join))
def test_what_it_puts_before_a_formula_can_be_taken_away_again(text):
    assert as_it_was(cell(text)) == text


@pytest.mark.parametrize("text", ["'abc", "''", "it's", "a;'b", "'", ""])
def test_apostrophes_that_it_did_not_put_there_stay(text):
    assert (cell(text), as_it_was(text)) == (text, text)
