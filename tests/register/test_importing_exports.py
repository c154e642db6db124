"""Tables and JSON as spreadsheets, databases' shells and chats write them: read as meant, or named in a sentence."""

from __future__ import annotations

import json

import pytest

from dashboard.register.importing.cells.entries import Note
from dashboard.register.importing.cells.tables import ANOTHER
from tests.register.reader import columns, entries, keys, only_problem, problems, rows

A = ("image", "a")
B = ("image", "b")
FOX = {A: {"prompt": "a fox"}}

TABLES = {
    "texts as formulas": 'kind,task_id,prompt\n="image",="a",="a fox"\n',
    "texts as formulas, in quotes": '"kind","task_id","prompt"\n"=""image""","=""a""","=""a fox"""\n',
    "phpMyAdmin's, with NULL": '"kind";"task_id";"status";"prompt";"width"\n"image";"a";NULL;"a fox";NULL\n',
    "MySQL's, with \\N": "kind\ttask_id\tprompt\tcreated_at\nimage\ta\ta fox\t\\N\n",
    "psql's": " kind  | task_id | prompt \n-------+---------+--------\n image | a       | a fox\n",
    "psql's, not aligned": "kind|task_id|prompt\nimage|a|a fox\n",
    "mysql's": "| kind  | task_id | prompt |\n+-------+---------+--------+\n| image | a       | a fox  |\n+---+--+\n",
    "Markdown": "| kind | task_id | prompt |\n|------|:-------:|-------:|\n| image | a | a fox |\n",
    "Markdown without its edges": "kind | task_id | prompt\n--- | --- | ---\nimage | a | a fox\n",
    "CSV in a fence": "```csv\nkind,task_id,prompt\nimage,a,a fox\n```\n",
    "sqlite3 -csv -header": 'kind,task_id,prompt\r\nimage,a,"a fox"\r\n',
    "pandas, with its index": ",kind,task_id,prompt\n0,image,a,a fox\n",
    "pandas, saved again": "Unnamed: 0,kind,task_id,prompt\n0,image,a,a fox\n",
    "PowerShell, with its type": '#TYPE System.Object\r\n"kind","task_id","prompt"\r\n"image","a","a fox"\r\n',
    "two marks": "\ufeff\ufeffkind,task_id,prompt\nimage,a,a fox\n",
    "a mark before a row, where files were joined": "kind,task_id,prompt\n\ufeffimage,a,a fox\n",
    "a mark before sep=": "\ufeffsep=;\nkind;task_id;prompt\nimage;a;a fox\n",
    "Ctrl-Z at the end": "kind,task_id,prompt\nimage,a,a fox\n\x1a",
    "returns twice": "kind,task_id,prompt\r\r\nimage,a,a fox\r\r\n",
    "only returns": "kind,task_id,prompt\rimage,a,a fox\r",
    "no-break spaces around cells": "kind,task_id,prompt\n\u00a0image\u00a0,\u00a0a\u202f,a fox\n",
    "zero-width blanks around cells": "kind,task_id,prompt\nimage\u200b,\ufeffa\u200b,a fox\n",
    "no-break spaces in names": "Kind\u00a0,Task\u00a0ID,\u200bPrompt\nimage,a,a fox\n",
    "stars at names that are required": "Kind*,Task ID *,Prompt (optional)\nimage,a,a fox\n",
    "full-width names": "ｋｉｎｄ,ｔａｓｋ＿ｉｄ,ｐｒｏｍｐｔ\nimage,a,a fox\n",
    "every separator behind the last": "kind;task_id;prompt;;;\nimage;a;a fox;;;\n",
    "a kind in capitals, many": "kind,task_id,prompt\nIMAGES,a,a fox\n",
    "names in single quotes": "'kind','task_id','prompt'\nimage,a,a fox\n",
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_a_table_is_read_as_its_program_meant_it(content: str) -> None:
    assert rows(content, name="tasks.csv") == FOX
    assert rows(content.encode("utf-16"), name="tasks.csv") == FOX


def test_a_formula_of_our_own_export_stays_a_text() -> None:
    """It is guarded, and what is guarded is never a formula."""
    assert rows('kind,task_id,prompt\nimage,a,"\'=""x"""\nimage,b,=1+1\n') == {
        A: {"prompt": '="x"'},
        B: {"prompt": "=1+1"},
    }


REFUSED = {
    "quotes with backslashes, as MySQL writes them": (
        'image,b,"a \\"red\\" fox"',
        "The quotes on this line don't match.",
    ),
    "a quote with a backslash at the end": ('image,b,"a fox\\""', "A quote that opens on this line is never closed."),
    "single quotes, as sqlite3 -quote": ("'image','b','a fox'", "The kind is “'image'”. Use image or video."),
    "a kind that is short": ("img,b,x", "The kind is “img”. Use image or video."),
    "a comma at the end too many": ("image,b,x,y,", "The row has 5 cells, the header 3."),
    "the count of a shell": ("(1 row)", "The row has 1 cells, the header 3."),
    "a total": ("Total,2", "The row has 2 cells, the header 3."),
    "a merged row": ("image b x", "The row has 1 cells, the header 3."),
    "another separator": ("image;b;x", "The row has 1 cells, the header 3."),
    "a line of commas and a word": (",,x", "The kind is blank. Use image or video."),
    "NULL as kind": ("NULL,b,x", "The kind is “null”. Use image or video."),
    "a dash as kind": ("-,b,x", "The kind is “-”. Use image or video."),
    "Windows-1252 in Python's escapes": ("image,b\udc92,x", "Line 3 is not UTF-8."),
    "UTF-8 of halves, as Java writes it": ("image,b,\udced\udca0\udcbd\udced\udcb8\udc80", "Line 3 is not UTF-8."),
}


@pytest.mark.parametrize(("row", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_row_that_nobody_can_read_for_sure_is_named(row: str, sentence: str) -> None:
    content = f"kind,task_id,prompt\nimage,a,a fox\n{row}\nimage,z,\n".encode("utf-8", "surrogateescape")
    assert only_problem(content, name="tasks.csv") == (3, sentence)
    assert keys(entries(content, name="tasks.csv")) == [A, ("image", "z")]


HEADERS = {
    "in another order": "task_id,prompt\na,a fox\nprompt,task_id\nan owl,b\n",
    "with a column more": "task_id,prompt\na,a fox\ntask_id,status,prompt\nb,failed,\n",
    "with a column of ours that another has not": "task_id,prompt\na,a fox\nstatus,task_id\nfailed,b\n",
    "in Chinese": "task_id,prompt\na,a fox\n提示词,任务ID\nan owl,b\n",
}


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS)
def test_another_header_below_ends_the_reading(content: str) -> None:
    """Prompts were taken for ids where two exports had been joined."""
    found = entries(content, name="tasks.csv", kind="image")
    assert (keys(found), problems(found)) == ([A], [(3, ANOTHER)])


def test_the_same_header_below_in_another_spelling_is_passed_over() -> None:
    content = "kind,task_id,prompt\nimage,a,x\nKind,Task ID,Prompt\nimage,b,x\n"
    assert keys(entries(content)) == [A, B]
    assert Note("A header that stands there again was passed over.") in entries(content)


@pytest.mark.parametrize(
    "header", ["t.kind,t.task_id", "kind  task_id", '"kind,task_id"', "kind\x1ftask_id", "kind:task_id"]
)
def test_a_header_that_is_not_told_apart_is_named(header: str) -> None:
    lacking = "The header lacks the columns kind, task_id. Nothing was read."
    assert only_problem(f"{header}\nimage,a\n", name="tasks.csv") == (1, lacking)


NUMBERS = {
    "1e3": {"width": 1000},
    "1.024e3": {"width": 1024},
    "+1024": {"width": 1024},
    "1024.0": {"width": 1024},
    "1024.": {"width": 1024},
    "0001024": {"width": 1024},
    " 1024 ": {"width": 1024},
}


@pytest.mark.parametrize(("text", "values"), NUMBERS.items(), ids=NUMBERS)
def test_a_number_of_pixels_may_be_written_so(text: str, values: dict[str, object]) -> None:
    assert rows(f"kind,task_id,width\nimage,a,{text}\n") == {A: values}


@pytest.mark.parametrize(
    "text", ["1 024", "1.024", "1'024", "1024px", "0x400", "１０２４", "1e400", "-0", "1024×768", "nan", "-", "#N/A"]
)
def test_a_number_that_may_be_another_is_refused(text: str) -> None:
    sentence = f"The width is “{text}”. Use a whole number of pixels, from 1 to 1,000,000."
    assert only_problem(f"kind,task_id,width\nimage,a,{text}\n") == (2, sentence)


ONE = {"kind": "image", "task_id": "a", "prompt": "a fox"}
LINE = json.dumps(ONE)
JSON = {
    "two marks": f"\ufeff\ufeff{LINE}\n",
    "a fence": f"```json\n{LINE}\n```\n",
    "a list over lines in a fence": f"```json\n{json.dumps([ONE], indent=2)}\n```\n",
    "a list that ends with a comma": f"[\n{LINE},\n]\n",
    "a text sequence, as jq --seq": f"\x1e{LINE}\n",
    "blank lines and blanks": f"\r\n \r\n  {LINE}  \r\n\r\n",
    "escapes": '{"k\\u0069nd":"image","task_id":"\\u0061","prompt":"a\\u0020fox"}',
    "an API's page": json.dumps({"code": 1000, "msg": "OK", "data": {"list": [ONE], "total": 1}}),
    "records of an API": json.dumps({"data": {"records": [ONE], "pages": 1}}, indent=1),
    "results": json.dumps({"count": 1, "next": None, "results": [ONE]}),
    "rows": json.dumps({"rows": [ONE], "total_rows": 1}),
    "tasks within data": json.dumps({"data": {"tasks": [ONE]}}),
    "nulls": json.dumps(ONE | {"status": None, "width": None, "url": None, "created_at": None}),
    "empty texts and lists": json.dumps(ONE | {"status": "", "model": "", "url": [], "error": ""}),
    "blanks around": json.dumps({"kind": " Image ", "task_id": "\u00a0a\u200b", "prompt": "a fox"}),
}


@pytest.mark.parametrize("content", JSON.values(), ids=JSON)
@pytest.mark.parametrize("name", ["tasks.json", "pasted rows"])
def test_json_is_read_as_its_program_meant_it(content: str, name: str) -> None:
    if not content.startswith("\x1e") or name == "tasks.json":
        assert rows(content, name=name) == FOX
        assert rows(content.encode("utf-16-le"), name=name) == FOX


def test_a_mark_within_json_lines_costs_nothing() -> None:
    other = json.dumps({"kind": "image", "task_id": "b"})
    assert rows(f"{LINE}\n\ufeff{other}\n", name="tasks.jsonl") == FOX | {B: {}}


EMPTY = [
    "[]",
    "[\n]\n",
    '{"items": []}',
    '{"code": 1000, "msg": "OK", "data": []}',
    '{"data": {"list": []}}',
    "\ufeff[]",
]


@pytest.mark.parametrize("content", EMPTY)
def test_an_empty_list_is_said_to_be_empty(content: str) -> None:
    assert only_problem(content, name="tasks.json") == (1, "There is nothing in it.")


NO_JSON = {
    "a comment": (f"// tasks\n{LINE}", [(1, "The line is not JSON at column 1.")]),
    "names without quotes": ("{kind: 1}", [(1, "The line is not JSON at column 2.")]),
    "Python's": ("{'kind': 'image', 'ok': True}", [(1, "The line is not JSON at column 2.")]),
    "NaN": ('{"kind": "image", "task_id": "a", "width": NaN}', [(1, "The line is not JSON.")]),
    "a list of lists": ('[["kind","task_id"],["image","a"]]', [(1, "The line is not a JSON object.")]),
    "ids as names": ('{"a": {"kind": "image"}}', [(1, "The kind is blank. Use image or video.")]),
    "a number as an id": ('{"kind": "image", "task_id": 12}', [(1, "The task id is “12”, which is not text.")]),
    "a list as an id": ('{"kind": "image", "task_id": ["a"]}', [(1, "The task id is “['a']”, which is not text.")]),
    "an empty object": ("{}", [(1, "The kind is blank. Use image or video.")]),
    "an error of an API": (
        '{"code": 9001, "msg": "No", "data": null}',
        [(1, "The kind is blank. Use image or video.")],
    ),
}


@pytest.mark.parametrize(("content", "said"), NO_JSON.values(), ids=NO_JSON)
def test_json_that_is_none_is_named(content: str, said: list[tuple[int, str]]) -> None:
    assert problems(entries(content, name="tasks.json")) == said


ONE_URL, TWO_URLS = "https://e.com/1.png", ["https://e.com/1.png", "https://e.com/2.png"]
ADDRESSES = {
    "blanks": (" ".join(TWO_URLS), TWO_URLS),
    "a line break": ("\n".join(TWO_URLS), TWO_URLS),
    "a comma": (",".join(TWO_URLS), TWO_URLS),
    "a comma and a blank": (", ".join(TWO_URLS), TWO_URLS),
    "a semicolon": (";".join(TWO_URLS), TWO_URLS),
    "a bar": (" | ".join(TWO_URLS), TWO_URLS),
    "a list of JSON": (json.dumps(TWO_URLS), TWO_URLS),
    "a list of PHP's JSON": (json.dumps(TWO_URLS).replace("/", "\\/"), TWO_URLS),
    "a list of Python": (str(TWO_URLS), TWO_URLS),
    "a list without quotes": (f"[{', '.join(TWO_URLS)}]", TWO_URLS),
    "a comma behind": (f"{ONE_URL},", [ONE_URL]),
    "a comma of its own": ("https://e.com/a,b;c.png?x=1|2", ["https://e.com/a,b;c.png?x=1|2"]),
    "an empty list": ("[]", None),
}


@pytest.mark.parametrize(("cell", "urls"), ADDRESSES.values(), ids=ADDRESSES)
def test_a_cell_may_hold_several_addresses(cell: str, urls: list[str] | None) -> None:
    written = cell.replace('"', '""')
    assert rows(f'kind,task_id,url\nimage,a,"{written}"\n') == {A: {"urls": urls} if urls else {}}


@pytest.mark.parametrize(
    "cell", ["e.com/1.png", "https://e.com/1.png b.png", "['x']", '[{"url": "https://e.com"}]', "[1]"]
)
def test_what_is_no_address_is_refused_wherever_it_stands(cell: str) -> None:
    written = cell.replace('"', '""')
    assert only_problem(f'kind,task_id,url\nimage,a,"{written}"\n')[1].startswith("The url is “")


def test_a_row_of_separators_is_read_at_once() -> None:
    assert only_problem(f'kind,task_id,url\nimage,a,"{",;|" * 300_000}x"\n')[1].startswith("The url is “")


@pytest.mark.parametrize(
    ("word", "kind"),
    [("图生视频", "video"), ("文生图", "image"), ("Images", "image"), ("VIDEO ", "video"), ("视频", "video")],
)
def test_a_kind_may_be_told_in_these_words(word: str, kind: str) -> None:
    assert rows(f"kind,task_id\n{word},a\n") == {(kind, "a"): {}}


@pytest.mark.parametrize(
    "content", ["kind,task_id\n", "kind,task_id", "\ufeffkind,task_id\r\n\r\n", "# x\nkind,task_id\n,,\n"]
)
def test_a_header_without_rows_is_said_to_hold_nothing(content: str) -> None:
    assert only_problem(content, name="tasks.csv") == (1, "There is nothing in it.")


def test_null_says_nothing_of_a_column_and_is_no_text() -> None:
    content = (
        "kind,task_id,status,model,prompt,url,created_at,width,duration\nvideo,a,NULL,\\N,NULL,\\N,NULL,NULL,\\N\n"
    )
    assert rows(content) == {("video", "a"): {}}
    assert columns(content)[1] == []
