"""A person and a worker who change the same deletions at the same instant, each on a connection of their own."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.calls.models import Account
from dashboard.database import sql
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda
from dashboard.deletions.models import Deletion, State
from tests.deletions.conftest import Confirm, meeting, once
from tests.deletions.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

WAITING = """SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN (SELECT l.pid FROM pg_locks l
    JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database())"""
"""Whether anybody waits for a lock in this database: pg_stat_activity tells the same all through a transaction."""


def heed_account() -> None:
    try:
        agenda.heed_account()
    finally:
        connection.close()


def test_a_resume_and_a_worker_that_lets_all_go_on_wait_for_each_other_in_turn(olga, confirm: Confirm, images) -> None:
    first, second = confirm(images(1)), confirm(images(1))
    Account.objects.update(paused_reason="", doubt="")
    paused = {"state": State.PAUSED, "paused_by_account": True, "paused_by_doubt": True, "paused_reason": "In doubt"}
    Deletion.objects.update(**paused)
    with ThreadPoolExecutor(1) as pool:
        worker: list[Future[None]] = []

        def meet_the_worker() -> None:
            worker.append(pool.submit(heed_account))
            until(lambda: worker[0].done() or bool(sql.rows(WAITING)))

        # It has locked the second by then, and changes the first at last.
        with meeting('UPDATE "deletions_deletion"', once(meet_the_worker)):
            actions.resume(deletion=second, by=actions.By(user=olga), now=timezone.now())
        worker[0].result(timeout=20)
    assert set(Deletion.objects.values_list("pk", "state")) == {(row.pk, "running") for row in (first, second)}
