"""JSON in every way that programs print it: a line each, over lines, one behind the other, in lists and in answers."""

from __future__ import annotations

import json

import pytest

from dashboard.register.importing.formats import json_values, lines
from tests.register.reader import entries, keys, problems, read, rows

OBJECTS = [{"kind": "image", "task_id": "a", "urls": ["https://e.com/}{"]}, {"kind": "video", "task_id": "b"}]
ROWS = {("image", "a"): {"urls": ["https://e.com/}{"]}, ("video", "b"): {}}
ONE, TWO = (json.dumps(one) for one in OBJECTS)
WAYS = {
    "a line each": f"{ONE}\n{TWO}\n",
    "a line each, with commas": f"{ONE},\n{TWO},\n",
    "on one line, without anything between": ONE + TWO,
    "on one line, with blanks": f"  {ONE}  {TWO}  ",
    "printed over lines": "\n".join(json.dumps(one, indent=2) for one in OBJECTS),
    "printed over lines, right behind each other": "".join(json.dumps(one, indent=4) for one in OBJECTS),
    "printed without indents": "\n".join(json.dumps(one, indent=0) for one in OBJECTS),
    "printed with Windows' line ends": "\r\n".join(json.dumps(one, indent=2) for one in OBJECTS).replace("\n", "\r\n"),
    "braces on lines of their own": '{\n"kind": "image", "task_id": "a",\n"urls":\n[\n"https://e.com/}{"\n]\n}\n' + TWO,
    "broken anywhere": f'{{"kind":\n"image","task_id"\n:"a","urls":["https://e.com/}}{{"\n]}}{TWO}',
    "a list on one line": json.dumps(OBJECTS),
    "a list over lines": json.dumps(OBJECTS, indent=2),
    "a list without indents": json.dumps(OBJECTS, indent=0),
    "a list of one object a line": f"[\n{ONE},\n{TWO}\n]\n",
    "a list with commas before": f"[{ONE}\n,{TWO}]",
    "lists, a line each": f"[{ONE}]\n[{TWO}]\n",
    "a list with a mark": f"\ufeff[{ONE}, {TWO}]",
    "a list under tasks": json.dumps({"tasks": OBJECTS, "next": None}),
    "a list under items": json.dumps({"id": "x", "items": OBJECTS, "calls": [{"ids": 2}]}, indent=1),
    "a list under data": json.dumps({"code": 1000, "msg": "OK", "data": OBJECTS}),
    "blank lines between": f"\n\n{ONE}\n\n\n{TWO}\n\n",
}


@pytest.mark.parametrize("name", ["tasks.jsonl", "tasks.json", "pasted rows"])
@pytest.mark.parametrize("content", WAYS.values(), ids=WAYS)
def test_objects_are_read_whichever_way_they_stand(content: str, name: str) -> None:
    assert rows(content, name=name) == ROWS


@pytest.mark.parametrize("content", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("stop", range(3))
def test_a_reading_goes_on_between_any_two_objects(content: str, stop: int) -> None:
    first = read(content, name="tasks.json")
    before = [found for _, found in zip(range(stop), first, strict=False)]
    after = list(read(content, name="tasks.json", lines=first.lines, within=first.within))
    assert keys([*before, *after]) == [*ROWS]
    assert problems(after) == []


@pytest.mark.parametrize("content", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("longest", [40, 64, 80])
def test_a_line_may_be_longer_than_what_is_held_of_it(monkeypatch, content: str, longest: int) -> None:
    for module in (lines, json_values):
        monkeypatch.setattr(module, "LONGEST_LINE", longest)
    if all(len(line) < 10 * longest for line in content.splitlines()):
        assert rows(content, name="tasks.json") == ROWS


BROKEN = {
    "a line that is cut off": ('{"kind": "image", "task_id": ', "The line is not JSON at column 29."),
    "a string that is cut off": ('{"kind": "image", "task_id": "x', "The line is not JSON at column 30."),
    "an object that is cut off": ('{\n "kind": "image",', "The JSON object that begins on this line is never closed."),
    "a list that is cut off": ('{\n "urls": [', "The JSON object that begins on this line is never closed."),
    "a string over lines": ('{\n "task_id": "x\n }', "The JSON object that begins on this line is never closed."),
    "a comma too many": ('{"kind": "image", "task_id": "x",}', "The line is not JSON at column 34."),
    "a comma too few": (
        '{\n "kind": "image"\n "task_id": "x"\n}',
        "The JSON object that begins on this line is not JSON at line 4, column 2.",
    ),
    "single quotes": ("{'kind': 'image', 'task_id': 'x'}", "The line is not JSON at column 2."),
    "words": ("three more:", "The line is not JSON at column 1."),
    "a number": ("12", "The line is not a JSON object."),
    "null": ("null", "The line is not a JSON object."),
    "a string": ('"x"', "The line is not a JSON object."),
    "a list of a list": ('[["x"]]', "The line is not a JSON object."),
    "a list of a number": ("[7]", "The line is not a JSON object."),
    "infinity": ('{"kind": "image", "task_id": "x", "width": Infinity}', "The line is not JSON."),
}


@pytest.mark.parametrize(("broken", "sentence"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_costs_itself_and_is_named(broken: str, sentence: str) -> None:
    found = entries(f"{ONE}\n{broken}\n{TWO}\n", name="tasks.jsonl")
    assert keys(found) == [*ROWS]
    assert problems(found) == [(2, sentence)]


def test_a_file_that_is_cut_off_says_so() -> None:
    whole = json.dumps(OBJECTS, indent=2)
    for end in range(2, len(whole)):
        assert problems(entries(whole[:end], name="tasks.json")), whole[:end]


def test_an_object_too_many_lines_long_is_only_looked_for_its_end(monkeypatch) -> None:
    monkeypatch.setattr(json_values, "MOST_LINES", 3)
    found = entries(f'{{\n"a":\n1,\n"b":\n[2\n]\n}}\n{TWO}\n', name="tasks.json")
    assert (keys(found), problems(found)) == ([("video", "b")], [(1, json_values.TOO_LONG)])


def test_a_list_of_many_ids_takes_the_chosen_kind() -> None:
    content = json.dumps([f"t{number}" for number in range(2_000)])
    assert len(rows(content, kind="video")) == 2_000
    assert problems(entries(content))[0] == (1, "The kind of this id is missing. Choose one.")
