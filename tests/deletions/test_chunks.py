"""A step of a large deletion reads its chunk, and never all that the deletion has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.calls import slots
from dashboard.calls.sending import perform
from dashboard.deletions import actions
from dashboard.deletions.actions import By
from dashboard.deletions.dispatch import agenda, arming, next_call
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.drafts import freezing, rechecking
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import work
from tests.deletions.test_size import of_items, plan

pytestmark = pytest.mark.django_db(transaction=True)

CHUNK = 10
ITEMS = 1000


def through_a_whole_deletion(asked: list[str]) -> list[str]:
    """Statements that find items by their deletion alone, and so read all it has."""
    whole = re.compile(r"item_by_outcome \(deletion_id=\?\)$", re.M)
    return [sql for sql in of_items(asked) if whole.search(plan(sql))]


def test_no_statement_finds_items_by_their_deletion_alone(sandbox, monkeypatch, settings, confirm, images) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("The other one is PostgreSQL's, which chooses by statistics.")
    settings.TENSORSLAB_BATCH_SIZE = 2
    monkeypatch.setattr(arming, "CHUNK", 2)
    sandbox.control(mode="partial", queue=["500:after", "500:before"])
    with CaptureQueriesContext(connection) as asked:
        assert work(confirm(images(9))).deleted == 9
    settings.DELETION_GRACE_SECONDS = 60
    to_undo, to_stop = confirm(images(9)), confirm(images(9))
    now, by = timezone.now(), actions.By(user=to_undo.actor)
    TrackedTask.objects.filter(pk=to_undo.items.earliest("pk").tracked_id).update(held_by="alice")
    Deletion.objects.filter(pk=to_stop.pk).update(starts_at=now)
    to_stop.items.filter(pk=to_stop.first_item).update(touched=True)
    with CaptureQueriesContext(connection) as asked_by_people:
        arming.in_chunks(arming.arm_chunk, to_undo, now=now, at_most=3)
        actions.undo(deletion=to_undo, by=by, now=now)
        arming.in_chunks(arming.undo_chunk, to_undo, now=now)
        actions.stop_rest(deletion=to_stop, by=by, now=now)
        arming.in_chunks(arming.keep_chunk, to_stop, now=now)
    statements = [query["sql"] for query in asked.captured_queries + asked_by_people.captured_queries]
    assert {to_undo.items.filter(outcome="kept").count(), to_stop.items.filter(outcome="kept").count()} == {8}
    assert through_a_whole_deletion(statements) == []
    with CaptureQueriesContext(connection) as wrong:
        to_stop.items.filter(message="").update(message="no")
    assert through_a_whole_deletion([query["sql"] for query in wrong.captured_queries])


@contextmanager
def reading() -> Iterator[dict[str, int]]:
    """How many rows each statement about items went through, as PostgreSQL counted them."""
    found: dict[str, int] = {}

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "deletions_deletionitem" in sql and not sql.startswith("EXPLAIN"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                [(told,)] = cursor.fetchall()
                transaction.set_rollback(True)
            [whole] = told if isinstance(told, list) else json.loads(told)
            found[sql] = max(found.get(sql, 0), rows_of(whole["Plan"]))
        return execute(sql, params, many, context)

    # Two thousand tasks it would rather read whole or merge, which it never does with a million.
    settings = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = off" for name in settings))
    with connection.execute_wrapper(count):
        yield found
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"RESET {name}" for name in settings))


def rows_of(node: dict[str, Any]) -> int:
    """Of the part of a plan that went through most."""
    removed = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
    passed = node["Actual Rows"] + sum(node.get(name, 0) for name in removed)
    if node["Node Type"] == "Bitmap Index Scan":
        # Its entries may be of rows that are no more, such as `reading` leaves: who fetches the rows counts them.
        passed = 0
    return max([int(passed * node["Actual Loops"]), *map(rows_of, node.get("Plans", []))])


def test_postgresql_asks_by_the_task_whether_it_waits_to_be_armed(
    sandbox, monkeypatch, settings, olga, confirm, images
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("Only PostgreSQL counts the rows it reads.")
    settings.DELETION_GRACE_SECONDS = 60
    confirm(images(ITEMS))
    DeletionItem.objects.update(outcome="deleted", open=False)
    Deletion.objects.update(state="finished")
    one = DeletionItem.objects.values_list("pk", flat=True).first()
    fields = DeletionItem._meta.concrete_fields
    copied = ", ".join(f'"{field.column}"' for field in fields if field.name not in {"id", "tracked", "deletion"})
    with connection.cursor() as cursor:
        # It knows of a long history of tasks that were in three deletions each, and of nothing that waits.
        cursor.execute(
            f"INSERT INTO deletions_deletionitem (tracked_id, deletion_id, {copied}) "
            f"SELECT 1000000 + n / 3, 1000 + n %% 3, {copied} "
            "FROM deletions_deletionitem, generate_series(1, 300000) n WHERE id = %s",
            [one],
        )
        cursor.execute("VACUUM ANALYZE deletions_deletionitem")
        cursor.execute("ANALYZE register_trackedtask")
    monkeypatch.setattr(arming, "CHUNK", 1)
    assert confirm(images(ITEMS)).armed_at is None
    beside = TrackedTask.objects.filter(pk__in=[task.pk for task in images(CHUNK)])
    with reading() as reads:
        draft = freezing.freeze_tasks(tasks=beside, actor=olga)
        assert not rechecking.recheck(draft, now=timezone.now())
    assert draft.size == CHUNK
    assert max(reads.values()) <= 2 * CHUNK, reads


def test_postgresql_reads_a_chunk_whatever_it_knows_of_the_rest(
    sandbox, monkeypatch, settings, confirm, images
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("Only PostgreSQL counts the rows it reads.")
    settings.TENSORSLAB_BATCH_SIZE = CHUNK
    settings.DELETION_GRACE_SECONDS = 60
    monkeypatch.setattr(arming, "CHUNK", CHUNK)
    monkeypatch.setattr(freezing, "AT_ONCE", ITEMS - 1)
    to_undo, to_send = confirm(images(ITEMS)), confirm(images(ITEMS))
    with connection.cursor() as cursor:
        # As when a large set has been frozen: nothing is open, and everything waits.
        cursor.execute("ANALYZE deletions_deletionitem, register_trackedtask")
    now, by = timezone.now(), By(user=to_undo.actor)
    half = ITEMS // CHUNK // 2
    for deletion in (to_undo, to_send):
        assert not arming.in_chunks(arming.arm_chunk, deletion, now=now, at_most=half)
        next_one = deletion.items.filter(open=False).earliest("pk")
        TrackedTask.objects.filter(pk=next_one.tracked_id).update(held_by="alice")
        with reading() as arming_reads:
            arming.arm_chunk(deletion, now=now)
        assert max(arming_reads.values()) <= 2 * CHUNK, arming_reads
        next_one.refresh_from_db()
        assert next_one.outcome == "skipped"

    actions.undo(deletion=to_undo, by=by, now=now)
    arming.in_chunks(arming.undo_chunk, to_undo, now=now, at_most=half)
    with reading() as undoing_reads:
        assert arming.undo_chunk(to_undo, now=now)
    assert max(undoing_reads.values()) <= 2 * CHUNK, undoing_reads

    Deletion.objects.filter(pk=to_send.pk).update(starts_at=now)
    agenda.begin_due(now=now)
    sent = 0
    while sent < half // 2:
        sent += _send()
    with reading() as sending_reads:
        assert _send()
    assert max(sending_reads.values()) <= 2 * CHUNK, sending_reads

    actions.stop_rest(deletion=to_send, by=by, now=now)
    arming.in_chunks(arming.keep_chunk, to_send, now=now, at_most=half)
    with reading() as stopping_reads:
        assert arming.keep_chunk(to_send, now=now)
    assert max(stopping_reads.values()) <= 2 * CHUNK, stopping_reads


def _send() -> bool:
    """One call, from being taken to its books."""
    chunk = next_call.prepare(now=timezone.now())
    assert chunk
    [slot] = slots.take(1)
    assert next_call.leave(chunk, slot, now=timezone.now())
    verdict = perform(chunk.call, deadline=float("inf"))
    settled = settle(chunk.call.pk, verdict, now=timezone.now())
    slots.release(slot)
    return settled
