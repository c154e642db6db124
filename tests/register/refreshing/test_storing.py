from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.register.models import Presence, TrackedTask
from dashboard.register.refreshing.storing import Found, store_all
from tensorslab_api.types import TaskInfo, TaskKind, TaskStatus
from tests.conftest import Person
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)
GONE = Verdict(ruling=Ruling.ABSENT, sentence="")


def there(task: TrackedTask, **info: object) -> Verdict:
    told = TaskInfo(kind=TaskKind(task.kind), task_id=task.task_id, status=TaskStatus.COMPLETED, **info)
    return Verdict(ruling=Ruling.THERE, sentence="", info=told)


def told(action: str) -> list[dict[str, object]]:
    return [task for event in AuditEvent.objects.filter(action=action) for task in event.detail["tasks"]]


def test_a_task_that_vanished_has_the_two_times_between_which_it_did(viewer: Person) -> None:
    task = TrackedTaskFactory(task_id="a")
    store_all([Found(task.pk, there(task), False)], now=NOW - 2 * HOUR)
    assert store_all([Found(task.pk, GONE, True)], now=NOW - HOUR) == 1
    # Still gone: the first time counts.
    assert store_all([Found(task.pk, GONE, True)], now=NOW) == 0
    task.refresh_from_db()
    assert (task.presence, task.seen_at, task.gone_at) == (Presence.MISSING, NOW - 2 * HOUR, NOW - HOUR)
    between = {"seen_at": (NOW - 2 * HOUR).isoformat(), "gone_at": (NOW - HOUR).isoformat()}
    assert told("tasks.missing") == [{"kind": "image", "task_id": "a", **between}]
    page = viewer.get(task.get_absolute_url()).content.decode()
    assert "Removed outside this dashboard" in page
    assert "between" in page


def test_one_that_no_look_up_ever_found_says_so(viewer: Person) -> None:
    task = TrackedTaskFactory()
    store_all([Found(task.pk, GONE, True)], now=NOW)
    assert "no look-up ever found it there" in viewer.get(task.get_absolute_url()).content.decode()


def test_a_missing_one_that_is_found_again_is_told_too(viewer: Person) -> None:
    task = TrackedTaskFactory(task_id="a", presence=Presence.MISSING, gone_at=NOW - HOUR)
    store_all([Found(task.pk, there(task), False)], now=NOW)
    task.refresh_from_db()
    assert (task.presence, task.listed, task.seen_at) == (Presence.PRESENT, 1, NOW)
    [found] = told("tasks.found")
    assert (found["task_id"], found["gone_at"]) == ("a", (NOW - HOUR).isoformat())
    assert "Found again" in viewer.get(task.get_absolute_url()).content.decode()


def test_many_at_once_are_one_entry_that_names_them() -> None:
    tasks = TrackedTaskFactory.create_batch(5)
    assert store_all([Found(task.pk, GONE, True) for task in tasks], now=NOW) == 5
    assert AuditEvent.objects.filter(action="tasks.missing").count() == 1
    assert [one["task_id"] for one in told("tasks.missing")] == [task.task_id for task in tasks]


def test_what_a_deletion_has_taken_is_neither_missing_nor_found() -> None:
    tasks = [TrackedTaskFactory(presence=presence) for presence in (Presence.DELETING, Presence.DELETED)]
    assert store_all([Found(task.pk, GONE, True) for task in tasks], now=NOW) == 0
    store_all([Found(task.pk, there(task), False) for task in tasks], now=NOW)
    assert set(TrackedTask.objects.values_list("presence", flat=True)) == {"deleting", "deleted"}
    assert not AuditEvent.objects.filter(action__startswith="tasks.").exists()


def test_answers_that_say_nothing_new_cost_no_statement_each() -> None:
    few, many = (TrackedTaskFactory.create_batch(number, status="completed") for number in (2, 20))
    costs = []
    for tasks in (few, many):
        with CaptureQueriesContext(connection) as statements:
            store_all([Found(task.pk, there(task), False) for task in tasks], now=NOW)
        costs.append(len(statements))
    assert costs[0] == costs[1]
    assert TrackedTask.objects.filter(checked_at=NOW, seen_at=NOW).count() == 22
