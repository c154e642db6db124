"""What people look at costs the same, however many items and calls there are."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.calls.models import ProviderCall
from dashboard.deletions.certificates import facts
from dashboard.deletions.history import items, report
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.deletions.views import detail
from dashboard.register.models import TrackedTask
from tests.factories import DeletionFactory, ProviderCallFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db

FORCED = {"enable_seqscan", "enable_bitmapscan", "enable_sort"}


def made(number: int, **outcomes: int) -> Deletion:
    """A finished deletion with so many items of each outcome, made by one statement."""
    names = [name for name, count in outcomes.items() for _ in range(count)]
    assert len(names) == number
    tasks = TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(number))
    deletion = DeletionFactory(total=number, images=number, **outcomes)
    rows = DeletionItem.objects.bulk_create(
        DeletionItem(deletion=deletion, tracked=task, kind=task.kind, task_id=task.task_id, outcome=name)
        for task, name in zip(tasks, names, strict=True)
    )
    deletion.first_item, deletion.last_item = rows[0].pk, rows[-1].pk
    deletion.save()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE deletions_deletionitem, register_trackedtask")
    return deletion


def queries(person, url: str, **query: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert person.get(url, query).status_code == 200
    return [one["sql"] for one in asked.captured_queries]


def plan(sql: str) -> str:
    """How the database goes about it; on PostgreSQL as if the table were too large to be read or sorted."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for setting in FORCED:
                cursor.execute(f"SET {setting} = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        lines = [str(row[-1]) for row in cursor.fetchall()]
        if connection.vendor == "postgresql":
            for setting in FORCED:
                cursor.execute(f"SET {setting} = on")
    return "\n".join(lines)


def of_items(asked: list[str]) -> list[str]:
    return [sql for sql in asked if "deletions_deletionitem" in sql]


def test_no_page_of_items_skips_rows_or_sorts_them(operator) -> None:
    deletion = made(160, refused=3, deleted=157)
    url = deletion.get_absolute_url()
    last = items.Mark(outcome="deleted", pk=deletion.last_item)
    for query in ({}, {"outcome": "deleted"}, {"from": str(last)}, {"outcome": "deleted", "from": str(last)}):
        asked = of_items(queries(operator, url, **query))
        assert asked
        for sql in asked:
            assert "OFFSET" not in sql
            assert "COUNT(" not in sql
            chosen = plan(sql)
            # PostgreSQL may also walk the rows between the deletion's ends, where nearly all have the outcome.
            walked = connection.vendor == "postgresql" and "deletions_deletionitem_pkey" in chosen
            assert walked or "item_by_outcome" in chosen, chosen
            assert "TEMP B-TREE" not in chosen, chosen
            assert "Sort" not in chosen, chosen


def test_a_page_asks_as_much_of_many_items_as_of_few(operator) -> None:
    few, many = made(60, refused=3, deleted=57), made(600, refused=3, deleted=597)
    assert len(queries(operator, few.get_absolute_url())) == len(queries(operator, many.get_absolute_url()))


def test_the_history_reads_no_items_but_for_a_task(operator) -> None:
    deletion = made(60, refused=3, deleted=57)
    for query in ({}, {"outcome": "refused"}, {"kind": "image"}, {"q": "spring"}, {"by": deletion.actor_name}):
        asked = queries(operator, reverse("deletion-list"), **query)
        assert not of_items(asked)
    task = deletion.items.order_by("-pk").first()
    asked = of_items(queries(operator, reverse("deletion-list"), task=task.task_id))
    assert asked
    for sql in asked:
        assert "item_once_per_deletion" in plan(sql) or "tracked_id=?" in plan(sql), plan(sql)


def test_the_strip_reads_no_items(operator) -> None:
    DeletionFactory(running=True, actor=operator.user, total=5, waiting=5)
    assert not of_items(queries(operator, reverse("deletion-strip")))


def test_calls_are_counted_up_to_a_thousand(operator) -> None:
    deletion = made(1, deleted=1)
    ProviderCall.objects.bulk_create(ProviderCallFactory.build_batch(1000, deletion=deletion.uuid))
    assert re.search(r"Calls\s*<span[^>]*>1,000<", operator.get(deletion.get_absolute_url()).content.decode())
    ProviderCallFactory(deletion=deletion.uuid)
    assert re.search(r"Calls\s*<span[^>]*>over 1,000<", operator.get(deletion.get_absolute_url()).content.decode())
    assert detail.CALLS_COUNTED == 1000


@pytest.mark.django_db(transaction=True)
def test_a_report_reads_few_rows_at_a_time_and_each_item_once(monkeypatch, operator) -> None:
    monkeypatch.setattr(items, "WINDOW", 7)
    monkeypatch.setattr(facts, "BATCH", 7)
    first, deletion = made(10, deleted=10), made(40, deleted=40)
    # Another deletion's items lie between these.
    DeletionItem.objects.filter(pk=deletion.first_item + 3).update(deletion=first)
    ProviderCall.objects.bulk_create(ProviderCallFactory.build_batch(20, deletion=deletion.uuid))
    rows = []
    with CaptureQueriesContext(connection) as asked:
        for line in report.csv_report(deletion):
            # Whoever reads slowly holds nothing: no transaction, and no more than a window of rows.
            assert not connection.in_atomic_block
            rows.append(line)
    assert len(asked) == 6
    told = [row["task_id"] for row in csv.DictReader(io.StringIO("".join(rows).removeprefix("\ufeff")))]
    assert told == list(deletion.items.order_by("pk").values_list("task_id", flat=True))
    assert len(told) == 39
    whole = json.loads("".join(report.json_lines(deletion)))
    assert (len(whole["items"]), len(whole["calls"])) == (39, 20)


def test_a_window_of_a_report_is_read_in_the_order_of_the_table() -> None:
    deletion = made(60, deleted=60)
    window = DeletionItem.objects.between(deletion, deletion.first_item, deletion.first_item + 20)
    sql, parameters = window.values("task_id").query.sql_with_params()
    chosen = plan(sql % tuple(parameters))
    assert "INTEGER PRIMARY KEY" in chosen or "deletions_deletionitem_pkey" in chosen, chosen
    assert "TEMP B-TREE" not in chosen


def test_a_dialog_opened_again_reads_no_more_than_a_few_items(operator) -> None:
    deletion = made(60, waiting=60)
    Deletion.objects.filter(pk=deletion.pk).update(state="draft", facts={"images": 60, "thumbnails": []})
    for sql in of_items(queries(operator, deletion.get_absolute_url())):
        assert f"LIMIT {items.PAGE_SIZE + 1}" in sql
