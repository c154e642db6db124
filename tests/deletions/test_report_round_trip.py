"""What our own export puts before a cell, our import takes away: the tasks of a report are the tasks it names."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import openpyxl
import pytest

from dashboard.deletions.history import report
from dashboard.deletions.models import Deletion
from dashboard.register import importing
from dashboard.register.models import TrackedTask
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]

IDS = [
    "-Nq8first",
    "=eqfirst",
    "+plus",
    "@at",
    "plain",
    "'quote",
    "'=both",
    "''-more",
    "a;=b",
    "a;'=b",
    "＝wide",
    "it's",
]


def deletion_of(kind: str) -> Deletion:
    deletion = DeletionFactory()
    for task_id in IDS:
        DeletionItemFactory(deletion=deletion, tracked=TrackedTaskFactory(kind=kind, task_id=task_id))
    deletion.refresh_from_db()
    return deletion


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_reports_csv_adds_nothing_and_changes_no_id(encoding: str) -> None:
    content = "".join(report.csv_report(deletion_of("image"))).encode(encoding)
    batch = importing.check(source="report.csv", stream=io.BytesIO(content), user=UserFactory())
    assert (batch.to_add, batch.to_update, batch.problems) == (0, len(IDS), [])
    importing.apply(batch=batch, actor=UserFactory(), address="")
    assert set(TrackedTask.objects.values_list("task_id", flat=True)) == set(IDS)


def test_a_reports_json_adds_nothing_either() -> None:
    content = "".join(report.json_lines(deletion_of("video")))
    assert json.loads(content)["total"] == len(IDS)
    batch = importing.check(source="report.json", stream=io.BytesIO(content.encode()), user=UserFactory())
    assert (batch.to_add, batch.to_update, batch.problems) == (0, len(IDS), [])


Rows = list[list[str]]


def separated(rows: Rows, **dialect: str) -> str:
    file = io.StringIO()
    csv.writer(file, **dialect).writerows(rows)
    return file.getvalue()


def in_a_workbook(rows: Rows) -> bytes:
    book = openpyxl.Workbook()
    for number, row in enumerate(rows, 1):
        for place, text in enumerate(row, 1):
            cell = book.active.cell(number, place, text)
            cell.data_type = "s"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


SAVED: dict[str, Callable[[Rows], bytes]] = {
    "with semicolons": lambda rows: separated(rows, delimiter=";").encode("utf-8-sig"),
    "as Unicode text, with tabs": lambda rows: separated(rows, delimiter="\t").encode("utf-16"),
    "with every cell in quotes": lambda rows: separated(rows, quoting=csv.QUOTE_ALL).encode(),
    "with a Macintosh's ends of lines": lambda rows: separated(rows, lineterminator="\r").encode(),
    "with empty cells behind": lambda rows: separated([[*row, "", ""] for row in rows]).encode(),
    "with a line that names the separator": lambda rows: ("sep=;\r\n" + separated(rows, delimiter=";")).encode(),
    "twice, one behind the other": lambda rows: separated(
        rows[: len(rows) // 2] + rows[:1] + rows[len(rows) // 2 :]
    ).encode(),
    "as a workbook": in_a_workbook,
}


@pytest.mark.parametrize("save", SAVED.values(), ids=SAVED)
def test_a_report_that_a_spreadsheet_saved_again_adds_nothing(save: Callable[[Rows], bytes]) -> None:
    text = "".join(report.csv_report(deletion_of("image"))).removeprefix("\ufeff")
    content = save(list(csv.reader(io.StringIO(text))))
    batch = importing.check(source="report", stream=io.BytesIO(content), user=UserFactory())
    assert (batch.to_add, batch.to_update, batch.problems) == (0, len(IDS), [])
