"""Texts that are too long are cut where they come in, and it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from dashboard.calls.texts import LONGEST_PROMPT, LONGEST_TEXT, LONGEST_URL, MOST_URLS, cut, is_cut
from dashboard.register.importing.cells.entries import Row
from dashboard.register.importing.repeats import CHUNK_CHARACTERS, chunks
from dashboard.register.models import ImportBatch, TrackedTask
from dashboard.register.refreshing import store
from tensorslab_api.replies import look_up_reply
from tensorslab_api.types import LookUpReply, TaskKind
from tensorslab_api.verdict import Ruling, Verdict
from tests.conftest import Person
from tests.factories import TrackedTaskFactory
from tests.register.reader import entries, only_row

pytestmark = pytest.mark.django_db

LONG = "a " + "x" * 1_500_000
KEPT = LONG[: LONGEST_PROMPT - 1] + "…"
REMARK = "The prompt has 1,500,002 characters and is cut at 20,000."
TASK = {"kind": "image", "task_id": "a"}
RECORD = {**TASK, "format": "tensorslab.task@1", "request": {"prompt": LONG}}
FILES = {
    "tasks.csv": f"kind,task_id,prompt\nimage,a,{LONG}\n",
    "quoted.csv": f'kind,task_id,prompt\nimage,a,"{LONG}"\n',
    "tasks.jsonl": json.dumps({**TASK, "prompt": LONG}),
    "record.json": json.dumps(RECORD, indent=1),
}


def test_what_is_cut_ends_with_an_ellipsis_and_is_not_cut_again() -> None:
    assert (cut("abcd", 4), cut("abcde", 4), cut(cut("abcde", 4), 4)) == ("abcd", "abc…", "abc…")
    assert [is_cut(text, 4) for text in ("abc", "abcd", "abc…", "abcde")] == [False, False, True, True]


# Files


@pytest.mark.parametrize("name", FILES)
def test_a_long_prompt_is_cut_and_its_row_is_taken(name: str) -> None:
    row = only_row(FILES[name], name=name)
    assert (row.values["prompt"], row.remark) == (KEPT, REMARK)


def test_a_prompt_that_just_fits_is_left_alone() -> None:
    row = only_row(f"kind,task_id,prompt\nimage,a,{'x' * LONGEST_PROMPT}\n")
    assert (row.values["prompt"], row.remark) == ("x" * LONGEST_PROMPT, "")


def test_other_texts_have_bounds_too() -> None:
    urls = [f"https://example.com/{number}.png" for number in range(MOST_URLS + 1)]
    row = only_row(json.dumps({**TASK, "error": "e" * 2001, "urls": urls}))
    assert row.values == {"error": "e" * (LONGEST_TEXT - 1) + "…", "urls": urls[:MOST_URLS]}
    assert row.remark == (
        "The error has 2,001 characters and is cut at 2,000. There are 101 urls, of which the first 100 are kept."
    )


def test_a_map_of_addresses_names_as_many_of_a_task_as_it_may_have() -> None:
    lines = [f"a_{number}.png: https://example.com/{number}.png\n" for number in range(MOST_URLS + 1)]
    row = only_row("".join(lines), name="urls.yaml")
    assert len(row.values["urls"]) == MOST_URLS
    assert row.remark == "There are 101 urls, of which the first 100 are kept."


def test_thousands_of_long_prompts_are_never_held_at_once() -> None:
    found = (entry for number in range(500) for entry in entries(f"kind,task_id,prompt\nimage,{number},{'x' * 60_000}"))
    sizes = [sum(len(row.values["prompt"]) for row in chunk if isinstance(row, Row)) for chunk in chunks(found)]
    assert sum(sizes) == 500 * LONGEST_PROMPT
    assert max(sizes) <= CHUNK_CHARACTERS + LONGEST_PROMPT <= 1_020_000


def pasted(person: Person, rows: str) -> str:
    # Who was shown the page may send more than others.
    person.get("/tasks/import/")
    return " ".join(person.post("/tasks/import/", {"rows": rows}).content.decode().split())


def test_check_tells_the_line_and_rejects_nothing(operator: Person) -> None:
    page = pasted(operator, f"kind,task_id,prompt\nimage,a,{'x' * 25_000}\nimage,b,fine\n")
    assert "2 to add, 0 to update, 0 rejected" in page
    assert '<td class="number">2</td> <td>The prompt has 25,000 characters and is cut at 20,000.</td>' in page
    batch = ImportBatch.objects.get()
    response = operator.post(reverse("task-import-apply", args=[batch.uuid]))
    assert [str(message) for message in response.wsgi_request._messages] == [
        "Imported 2 tasks: 2 added, 0 updated. Too long texts of 1 were cut."
    ]
    assert len(TrackedTask.objects.get(task_id="a").prompt) == LONGEST_PROMPT
    page = operator.get(reverse("task-import-progress", args=[batch.uuid])).content.decode()
    assert "Too long texts of 1 were cut." in page


def test_of_many_the_first_are_told_and_all_are_counted(operator: Person) -> None:
    rows = "".join(f"image,{number},{'e' * 2001}\naudio,{number},\n" for number in range(150))
    page = pasted(operator, f"kind,task_id,error\n{rows}")
    assert "150 to add, 0 to update, 150 rejected" in page
    assert page.count("The error has 2,001 characters and is cut at 2,000.") == 100
    assert page.count("The kind is “audio”.") == 100
    assert "And 100 more." in page


def test_the_command_tells_the_line_and_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text(FILES["tasks.csv"])
    call_command("import_tasks", str(file))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("1 added, 0 updated, 0 rejected\n", f"{file}:2: {REMARK}\n")
    call_command("import_tasks", str(file))
    assert TrackedTask.objects.get().prompt == KEPT


# Look-ups


def looked_up(data: dict[str, object]) -> LookUpReply:
    body = json.dumps({"code": 1000, "msg": "m" * 3000, "data": data}).encode()
    return look_up_reply(http_status=200, body=body, retry_after=None, kind=TaskKind.IMAGE, task_id="a")


def test_what_a_look_up_says_is_cut_as_a_file_is() -> None:
    urls = ["https://example.com/" + "u" * LONGEST_URL, *["https://example.com/1.png"] * (MOST_URLS + 1)]
    reply = looked_up({"prompt": LONG, "error_message": "e" * 3000, "category": "c" * 200, "url": urls})
    assert reply.message == "m" * (LONGEST_TEXT - 1) + "…"
    assert reply.info is not None
    assert reply.info.prompt == KEPT
    assert reply.info.error == "e" * (LONGEST_TEXT - 1) + "…"
    assert reply.info.model == "c" * 99 + "…"
    # Of an address there is all or nothing: another one would lead elsewhere.
    assert reply.info.urls == ("https://example.com/1.png",) * MOST_URLS
    task = TrackedTaskFactory(task_id="a")
    store(task, Verdict(ruling=Ruling.THERE, sentence="", info=reply.info), gone=False, now=timezone.now())
    task.refresh_from_db()
    assert (task.prompt, len(task.urls)) == (KEPT, MOST_URLS)


def test_an_address_that_may_be_long_is_kept_whole() -> None:
    url = "https://example.com/" + "u" * (LONGEST_URL - 20)
    info = looked_up({"url": [url]}).info
    assert info is not None
    assert info.urls == (url,)
