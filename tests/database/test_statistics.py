from __future__ import annotations

import pytest
from django.db import connection

from dashboard.database import statistics
from tests.factories import TrackedTaskFactory


@pytest.mark.django_db(transaction=True)
def test_it_tells_the_planner_how_many_tasks_there_are() -> None:
    TrackedTaskFactory.create_batch(30)
    statistics.refresh()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'task_by_time'")
        else:
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE relname = 'register_trackedtask'")
        assert str(cursor.fetchone()[0]).split()[0] == "30"


@pytest.mark.django_db
def test_a_handful_of_changes_is_not_worth_a_new_look() -> None:
    looks: list[str] = []
    # Nothing of it is done: PostgreSQL takes no VACUUM in a transaction.
    with connection.execute_wrapper(lambda execute, sql, *rest: looks.append(sql)):
        statistics.refresh_after(statistics.MANY - 1)
        assert looks == []
        statistics.refresh_after(statistics.MANY)
    assert sum("ANALYZE" in sql for sql in looks) == 1
