"""Ids as people paste them and as programs spoil them: the bare id, or a sentence; never what stands around one."""

from __future__ import annotations

import json

import pytest

from tests.register.reader import entries, keys, only_problem, problems, rows

TWO = {("image", "a_1"): {}, ("image", "a_2"): {}}
PASTED = {
    "bullets of a chat": "• a_1\n• a_2\n",
    "dashes of Markdown": "- a_1\n- a_2\n",
    "asterisks of Markdown, backticks": "* `a_1`\n* `a_2`\n",
    "numbers of a list": "1. a_1\n2) a_2\n",
    "angle brackets": "<a_1>\n<a_2>\n",
    "round brackets": "(a_1)\n(a_2)\n",
    "values of SQL": "('a_1'),\n('a_2');\n",
    "an IN of SQL over lines": "('a_1',\n'a_2')\n",
    "a tuple of Python over lines": '("a_1",\n"a_2",\n)\n',
    "what grep finds in JSON": '"taskid": "a_1",\n    "taskid": "a_2",\n',
    "what grep finds in dense JSON": '"task_id":"a_1",\n"task_id":"a_2"\n',
    "what a log names": "task_id=a_1\ntask_id=a_2\n",
    "what a form names": "Task ID: a_1\nTask ID: a_2\n",
    "what a Chinese form names": "任务ID：a_1\n任务ID：a_2\n",
    "German quotes": "„a_1“\n„a_2“\n",
    "guillemets": "«a_1»\n‹a_2›\n",
    "corner brackets": "「a_1」\n『a_2』\n",
    "full-width quotes": "＂a_1＂,\n＇a_2＇\n",
    "Swedish quotes": "”a_1”\n’a_2’\n",
    "quotes of which one was corrected": '"a_1”\n“a_2"\n',
    "quotes with backslashes": '\\"a_1\\",\n\\"a_2\\"\n',
    "quotes twice": "\"'a_1'\"\n''a_2''\n",
    "formulas that are texts": '="a_1"\n="a_2"\n',
    "Chinese commas": "a_1，\na_2；\n",
    "a zero-width blank behind": "a_1\u200b\na_2\u200b,\n",
    "a word joiner behind": "a_1\u2060\na_2\u2060\n",
    "marks of direction": "\u200ea_1\u200e\n\u200fa_2\n",
    "no-break spaces": "\u00a0a_1\u00a0\na_2\u202f\n",
    "ideographic blanks": "\u3000a_1\na_2\u3000\n",
    "byte order marks within, where files were joined": "\ufeffa_1\n\ufeffa_2\n",
    "two byte order marks": "\ufeff\ufeffa_1\na_2\n",
    "tabs around": "\ta_1\t\n\ta_2\n",
    "returns twice": "a_1\r\r\na_2\r\r\n",
    "only returns": "a_1\ra_2\r",
    "a fence": "```\na_1\na_2\n```\n",
    "a fence with a word": "```text\na_1\na_2\n```",
    "a list of JSON in a fence": '```json\n[\n  "a_1",\n  "a_2"\n]\n```\n',
    "a list under ids": '{"ids": ["a_1", "a_2"]}',
    "a list under task_ids": '{"task_ids": ["a_1", "a_2"], "code": 1000}',
    "texts of JSON, a line each": '"a_1"\n"a_2"\n',
    "quotes within JSON": json.dumps(['"a_1"', "“a_2”"]),
    "a heading of Markdown's table": "| Task ID |\n|---|\n| a_1 |\n| a_2 |\n",
}


@pytest.mark.parametrize("content", PASTED.values(), ids=PASTED)
def test_the_bare_ids_are_read(content: str) -> None:
    assert rows(content, name="ids.txt", kind="image") == TWO
    assert rows(content.encode("utf-16"), name="ids.txt", kind="image") == TWO


ROUNDED = "a spreadsheet has rounded it. Format its column as text."
NONE = "a program wrote that where it had none."
ERROR = "an error of a spreadsheet. Format its column as text."
NO_IDS = {
    "rounded": ("1.23457E+15", f"The task id is “1.23457E+15”: {ROUNDED}"),
    "rounded by LibreOffice": ("1.23457e+15", f"The task id is “1.23457e+15”: {ROUNDED}"),
    "rounded by Java": ("1.23457E15", f"The task id is “1.23457E15”: {ROUNDED}"),
    "without its point": ("1E+15", f"The task id is “1E+15”: {ROUNDED}"),
    "made a float by pandas": (
        "12345.0",
        "The task id is “12345.0”: a program took it for a number. Keep its column as text.",
    ),
    "with marks of thousands": (
        "1,234",
        "The task id is “1,234”: a program took it for a number. Keep its column as text.",
    ),
    "NULL": ("NULL", f"The task id is “NULL”: {NONE}"),
    "null": ("null", f"The task id is “null”: {NONE}"),
    "MySQL's": (r"\N", rf"The task id is “\N”: {NONE}"),
    "NaN": ("NaN", f"The task id is “NaN”: {NONE}"),
    "None": ("None", f"The task id is “None”: {NONE}"),
    "undefined": ("undefined", f"The task id is “undefined”: {NONE}"),
    "what Excel makes of -Nq8first": ("#NAME?", f"The task id is “#NAME?”, {ERROR}"),
    "a reference": ("#REF!", f"The task id is “#REF!”, {ERROR}"),
    "not available": ("#N/A", f"The task id is “#N/A”, {ERROR}"),
    "an id that somebody took out": ("#a_1", "The task id “#a_1” begins as a comment does."),
    "a remark": ("# two more", "The task id “# two more” begins as a comment does."),
    "an id that a programmer took out": ("//a_1", "The task id “//a_1” begins as a comment does."),
    "a quote before it": ('"a_1', 'The task id “"a_1” holds a quotation mark.'),
    "a quote behind it": ('a_1"', 'The task id “a_1"” holds a quotation mark.'),
    "a curly quote": ("“a_1", "The task id ““a_1” holds a quotation mark."),
    "a quote within": ('a"1', 'The task id “a"1” holds a quotation mark.'),
    "a dash": ("---", "The task id “---” has no letter and no digit."),
    "stars": ("***", "The task id “***” has no letter and no digit."),
    "a zero-width blank within": ("a\u200b1", "The task id “a�1” holds whitespace or a control character."),
    "a soft hyphen within": ("a\u00ad1", "The task id “a�1” holds whitespace or a control character."),
    "a filler within": ("a\u31641", "The task id “a⟨U+3164⟩1” holds whitespace or a control character."),
    "a joiner of graphemes within": ("a\u034f1", "The task id “a⟨U+034F⟩1” holds whitespace or a control character."),
    "a blank of Braille within": ("a\u28001", "The task id “a⟨U+2800⟩1” holds whitespace or a control character."),
    "a NUL behind": ("a_1\0", "The task id holds a NUL byte."),
}


@pytest.mark.parametrize(("word", "sentence"), NO_IDS.values(), ids=NO_IDS)
def test_what_is_no_id_is_a_problem_of_its_own_in_every_format(word: str, sentence: str) -> None:
    if "," not in word:
        assert only_problem(f"x\n{word}\ny\n", name="ids.txt", kind="image") == (2, sentence)
    cell = '"' + word.replace('"', '""') + '"'
    table = f"kind,task_id\nimage,x\nimage,{cell}\nimage,y\n"
    assert only_problem(table, name="tasks.csv") == (3, sentence)
    lines = "".join(json.dumps({"kind": "image", "task_id": one}) + "\n" for one in ("x", word, "y"))
    assert only_problem(lines, name="tasks.jsonl") == (2, sentence)
    for content, name in ((table, "tasks.csv"), (lines, "tasks.jsonl")):
        assert keys(entries(content, name=name)) == [("image", "x"), ("image", "y")]


LINES = {
    "a file of the client's": ("a_1_0.png", "The line is the name of a file, not a task id."),
    "a film in a folder": ("./output/a_1_0.MP4", "The line is the name of a file, not a task id."),
    "an address": ("https://cdn.example/a_1", "The line is an address, not a task id."),
    "an address without its scheme": ("www.cdn.example/a_1", "The line is an address, not a task id."),
    "markup": ("<id>a_1</id>", "The line is markup, not a task id."),
    "two ids": ("a_1,a_2", "The line holds more than an id. Put one id on each line."),
    "two ids and a Chinese comma": ("a_1，a_2", "The line holds more than an id. Put one id on each line."),
    "a row": ("image\ta_1", "The line holds more than an id. Put one id on each line."),
    "a row of sqlite3": ("image|a_1|a fox", "The line holds more than an id. Put one id on each line."),
    "a number rounded in Germany": ("1,23E+15", "The line holds more than an id. Put one id on each line."),
    "words": ("My ids", "The task id “My ids” holds whitespace or a control character."),
    "a column of sqlite3 -line": (
        "task_id2 = a_1",
        "The task id “task_id2 = a_1” holds whitespace or a control character.",
    ),
    "another name": ('"kind": "image"', 'The task id “kind": "image” holds whitespace or a control character.'),
    "a name in dense JSON": ('"kind":"image"', 'The task id “kind":"image” holds a quotation mark.'),
    "a header of mail": ("From: li@example", "The task id “From: li@example” holds whitespace or a control character."),
}


@pytest.mark.parametrize(("line", "sentence"), LINES.values(), ids=LINES)
def test_a_line_that_is_something_else_is_a_problem(line: str, sentence: str) -> None:
    assert only_problem(f"x\n{line}\ny\n", name="ids.txt", kind="image") == (2, sentence)


IDS = [
    "-Nq8first",
    "=eqfirst",
    "+plus",
    "@at",
    "'quote",
    "it's",
    "a(b)",
    "x:y",
    "a.b",
    "7e12",
    "007",
    "狐_1",
    "a=b",
    "NULL_1",
]


@pytest.mark.parametrize("task_id", IDS)
def test_an_id_with_marks_of_its_own_stays_as_it_is(task_id: str) -> None:
    assert keys(entries(f"{task_id}\n", name="ids.txt", kind="image")) == [("image", task_id)]
    assert keys(entries(f"kind,task_id\nimage,{task_id}\n")) == [("image", task_id)]
    assert keys(entries(json.dumps({"kind": "image", "task_id": task_id}))) == [("image", task_id)]


@pytest.mark.parametrize(
    "text", ["['a_1', 'a_2']", "[a_1, a_2]", "{a_1}"], ids=["Python's", "without quotes", "in braces"]
)
def test_a_list_that_is_no_json_is_refused_as_a_whole(text: str) -> None:
    found = entries(text, kind="image")
    assert keys(found) == []
    assert [sentence for _, sentence in problems(found)] == ["The line is not JSON at column 2."]
