"""What our own export puts before a cell, our import takes away: the tasks of a report are the tasks it names."""

from __future__ import annotations

import io
import json

import pytest

from dashboard.deletions import report
from dashboard.deletions.models import Deletion
from dashboard.inventory import importing
from dashboard.inventory.models import TrackedTask
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db

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
