"""Tables as people and programs write them: what stands before the header, in it, around cells and between rows."""

from __future__ import annotations

import pytest

from dashboard.register.importing.cells.entries import Note
from tests.register.reader import columns, entries, keys, only_problem, problems, rows

A = ("image", "a")
FOX = {A: {"prompt": "a fox"}}

TABLES = {
    "a comma in a name": 'kind,"name, short",task_id,prompt\nimage,fox,a,a fox\n',
    "quotes in a name": 'kind,"the ""name""",task_id,prompt\nimage,fox,a,a fox\n',
    "a line break in a name": 'kind,"name\n(short)",task_id,prompt\nimage,fox,a,a fox\n',
    "every name in quotes": '"kind","task_id","prompt"\n"image","a","a fox"\n',
    "semicolons in a quoted name": 'kind,"a;b;c;d",task_id,prompt\nimage,x,a,a fox\n',
    "a mark before a quoted name": '\ufeff"kind","task_id","prompt"\n"image","a","a fox"\n',
    "names with a unit": "kind,task_id,prompt (text)\nimage,a,a fox\n",
    "names without a name": "kind,,task_id,prompt,,\nimage,,a,a fox,,\n",
    "pipes": "kind|task_id|prompt\nimage|a|a fox\n",
    "sep=; before it": "sep=;\nkind;task_id;prompt\nimage;a;a fox\n",
    "sep=, in quotes": '"sep=,"\nkind,task_id,prompt\nimage,a,a fox\n',
    "SEP=^": "SEP=^\nkind^task_id^prompt\nimage^a^a fox\n",
    "sep= with a tab, Windows' line ends": "sep=\t\r\nkind\ttask_id\tprompt\r\nimage\ta\ta fox\r\n",
    "comments before it": "# exported 2026-10-01, by li.wei\n# 1 task\nkind,task_id,prompt\nimage,a,a fox\n",
    "blank lines and a comment before it": "\n\n# tasks\n\nkind,task_id,prompt\nimage,a,a fox\n",
    "a title before it": "Tasks of October\nkind,task_id,prompt\nimage,a,a fox\n",
    "a title with commas before it": "Tasks, by kind and id,,\n,,\nkind,task_id,prompt\nimage,a,a fox\n",
    "a title with an open quote before it": 'The 5" ones\nkind,task_id,prompt\nimage,a,a fox\n',
    "a title over two lines before it": '"Tasks\nof October",,\nkind,task_id,prompt\nimage,a,a fox\n',
    "a blank before quotes": 'kind, task_id, prompt\nimage, "a", "a fox"\n',
    "blanks behind quotes": 'kind,task_id,prompt\n"image" ,"a"\t,"a fox"  \n',
    "blanks around quotes, semicolons": 'kind ; task_id ; prompt\n"image" ; "a" ; "a fox"\n',
    "an id in quotes of another kind": "kind,task_id,prompt\nimage,'a',a fox\n",
    "an id in typographic quotes": "kind,task_id,prompt\nimage,“a”,a fox\n",
    "an id in quotes twice": 'kind,task_id,prompt\nimage,"""a""",a fox\n',
    "empty rows": "kind,task_id,prompt\n,,\nimage,a,a fox\n,,\n , ,\n",
    "cells behind the last": "kind,task_id,prompt\nimage,a,a fox,,,\n",
    "a header again, where files were joined": "kind,task_id,prompt\nimage,a,a fox\nkind,task_id,prompt\n",
    "a header again with its mark": "kind,task_id,prompt\nimage,a,a fox\n\ufeffkind,task_id,prompt\n",
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_it_is_read_as_the_table_it_is(content: str) -> None:
    assert rows(content, name="tasks.csv") == FOX
    assert rows(content.removesuffix("\n"), name="tasks.csv") == FOX


def test_a_quoted_cell_keeps_its_delimiters_wherever_blanks_stand() -> None:
    content = 'kind, task_id, prompt\nimage, "a", "a fox, ""red"""\nimage, "b" , " a ; b "\n'
    assert rows(content) == {A: {"prompt": 'a fox, "red"'}, ("image", "b"): {"prompt": "a ; b"}}


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("image", 1),
        ("image,b", 2),
        ("image,b,a fox, in snow", 4),
        ('image,"b,c"', 2),
        ("b", 1),
        ('"image","b"', 2),
        ("image,b,x,,,y", 6),
        ("image;b;x", 1),
        ("# 2 tasks", 1),
        ("Total: 2", 1),
    ],
)
def test_a_row_of_another_length_is_a_problem_and_costs_only_itself(row: str, cells: int) -> None:
    content = f"kind,task_id,prompt\nimage,a,a fox\n{row}\nimage,z,\n"
    assert only_problem(content) == (3, f"The row has {cells} cells, the header 3.")
    assert keys(entries(content)) == [A, ("image", "z")]


def test_what_was_passed_over_before_the_header_is_told() -> None:
    content = "Tasks of October\nby li.wei\n\n# a comment\nkind,task_id\nimage,a\n"
    assert Note("2 lines before the header were passed over.") in entries(content)
    assert Note("One line before the header was passed over.") in entries("Tasks\nkind,task_id\nimage,a\n")


def test_rows_are_never_taken_for_titles() -> None:
    """Without a header in the first lines nothing is read, so nothing is passed over."""
    content = "image,a\n" * 30 + "kind,task_id\nimage,b\n"
    assert only_problem(content) == (1, "The header lacks the columns kind, task_id. Nothing was read.")


IDS = {
    "in quotes": '"a"\n"b"\n',
    "in quotes, with commas": '"a",\n"b",\n',
    "in single quotes, with semicolons": "'a';\n'b'\n",
    "in typographic quotes": "“a”\n‘b’\n",
    "under id": "id\na\nb\n",
    "under IDs": "IDs\na\nb\n",
    "under Task ID": "Task ID\na\nb\n",
    "under taskids in quotes": '"taskids"\n"a"\n"b"\n',
    "under 任务ID": "任务ID\na\nb\n",
    "with the word among them": "a\ntask_id\nb\n",
    "with the word last": "a\nb\ntaskid\n",
    "under a comment and the word": "# ids\ntask_id\na\nb\n",
    "with blanks and a mark": "\ufeff  a \r\n\r\n b\r\n",
    "as a list": '["a", "b"]',
    "as a list over lines": '[\n  "a",\n  "b"\n]\n',
    "as a list of a list that goes on": '["a",\n"b"]\n',
}


@pytest.mark.parametrize("content", IDS.values(), ids=IDS)
def test_ids_alone_are_read_without_what_stands_around_them(content: str) -> None:
    assert rows(content, kind="image") == {A: {}, ("image", "b"): {}}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("'a', 'b'", "The line holds more than an id. Put one id on each line."),
        ("a|b", "The line holds more than an id. Put one id on each line."),
        ("https://cdn.example/a_0.png", "The line is an address, not a task id."),
        ("My ids", "The task id “My ids” holds whitespace or a control character."),
        ("1.23457E+15", "The task id is “1.23457E+15”: a spreadsheet has rounded it. Format its column as text."),
    ],
)
def test_a_line_that_is_no_id_is_a_problem(line: str, sentence: str) -> None:
    assert only_problem(f"a\n{line}\nb\n", kind="image") == (2, sentence)


def test_columns_are_told_as_used_and_as_ignored() -> None:
    assert columns('kind,"name, short",task_id,prompt\nimage,fox,a,\n') == (
        ["kind", "task_id", "prompt"],
        ["name, short"],
    )
    assert columns("Kind,taskid,image_status,owner,\nimage,a,3,me,\n") == (
        ["kind", "task_id", "image_status as status"],
        ["owner"],
    )


NUMBERS = {
    "5,5 between semicolons": ("kind;task_id;duration\nvideo;a;5,5\n", {"duration": 5.5}),
    "5,125 between semicolons": ("kind;task_id;duration\nvideo;a;5,125\n", {"duration": 5.125}),
    "1920,0 between semicolons": ("kind;task_id;width\nvideo;a;1920,0\n", {"width": 1920}),
    "0,5 between tabs": ("kind\ttask_id\tduration\nvideo\ta\t0,5\n", {"duration": 0.5}),
    "5,5 in quotes": ('kind,task_id,duration\nvideo,a,"5,5"\n', {"duration": 5.5}),
    "5,25 of a JSON text": ('{"kind":"video","task_id":"a","duration":"5,25"}', {"duration": 5.25}),
    "5.5 between semicolons": ("kind;task_id;duration\nvideo;a;5.5\n", {"duration": 5.5}),
    "sep=; and 7,5": ("sep=;\nkind;task_id;duration\nvideo;a;7,5\n", {"duration": 7.5}),
    " 5,5  with blanks": ("kind;task_id;duration\nvideo;a; 5,5 \n", {"duration": 5.5}),
    "1280,00 between pipes": ("kind|task_id|height\nvideo|a|1280,00\n", {"height": 1280}),
}


@pytest.mark.parametrize(("content", "values"), NUMBERS.values(), ids=NUMBERS)
def test_a_decimal_comma_is_one(content: str, values: dict[str, object]) -> None:
    assert rows(content) == {("video", "a"): values}


@pytest.mark.parametrize("number", ["1,024", "1,2,3", "5,", ",5", "1.234,5", "５,５"])
def test_a_comma_that_may_separate_thousands_is_refused(number: str) -> None:
    (found,) = problems(entries(f'kind,task_id,duration\nvideo,a,"{number}"\n'))
    assert found == (2, f"The duration is “{number}”. Use a number of seconds above 0.")
