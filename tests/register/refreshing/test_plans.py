"""How the databases find what is looked up next: by an index, in its order."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.database import sql
from dashboard.register.models import TrackedTask
from dashboard.register.refreshing import due
from tests.register import big_register

pytestmark = pytest.mark.django_db


def plan(statement: str) -> str:
    explained = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    return "\n".join(str(row[-1]) for row in sql.rows(explained + statement.replace("%", "%%")))


@pytest.mark.parametrize("looked_up", [False, True], ids=["new", "looked up"])
@pytest.mark.parametrize("rule", ["by age", "whole"])
def test_each_part_reads_an_index_in_its_order(looked_up: bool, rule: str) -> None:
    big_register.fill()
    now = timezone.now()
    if looked_up:
        TrackedTask.objects.update(checked_at=now - timedelta(days=3))
    big_register.analyze()
    parts = due.by_age(now) if rule == "by age" else due.not_since(now - timedelta(days=1))
    place = {0: now, 1: 10**6, 2: now - timedelta(days=9), 3: now - timedelta(days=9)}
    for number, part in enumerate(parts):
        for behind in (None, place[number]):
            with CaptureQueriesContext(connection) as asked:
                part(behind, 64, now)
            [query] = asked.captured_queries
            way = plan(query["sql"])
            # PostgreSQL may sort a few that it finds by another index.
            assert re.search("task_unfinished|looked_up|Sort", way), (number, behind, way)
            assert not re.search(r"Seq Scan|SCAN register_trackedtask(?! USING)|TEMP B-TREE", way), (number, way)
