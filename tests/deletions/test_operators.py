"""People against each other and against the workers, at the moments that matter."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls.models import ProviderCall
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Changed, Refused
from dashboard.deletions.dispatch import agenda, arming
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.register import importing
from dashboard.register.importing.cells.entries import Row
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import drafted, url_of, work
from tests.deletions.small_world import SmallWorld
from tests.factories import UserFactory
from tests.oracle import violations

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60.0
"""Seconds that another thread may take before it counts as stuck."""

Act = Callable[[], Any]


def at_once(*acts: Act) -> list[Any]:
    """What each of them returned, or how it was refused, all begun at the same moment on connections of their own."""
    start = threading.Barrier(len(acts))

    def run(act: Act) -> Any:
        start.wait(PATIENCE)
        return _on_its_own_connection(act)

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(run, act) for act in acts]]


def _on_its_own_connection(act: Act) -> Any:
    try:
        return act()
    except (Refused, Changed) as refusal:
        return refusal
    finally:
        connection.close()


def _until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def _draft(tasks: list[TrackedTask], user) -> Deletion:
    return freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk__in=[task.pk for task in tasks]), actor=user)


def _confirm(draft: Deletion) -> None:
    typed = str(Deletion.objects.get(pk=draft.pk).size)
    actions.confirm(deletion=draft, by=By(user=draft.actor), reason="Spring", typed=typed, now=timezone.now())


def _confirm_patiently(draft: Deletion, *, others: int) -> None:
    """As somebody would who reads the new number each time; every other confirmation may change it once."""
    for _ in range(others):
        try:
            return _confirm(draft)
        except Changed:
            pass
    return _confirm(draft)


def _import_again(tasks: list[TrackedTask]) -> None:
    # Something new in each row: what is stored already is neither locked nor written.
    rows = [Row(line=1, kind=task.kind, task_id=task.task_id, values={"model": "another"}) for task in tasks]
    importing.take_in(source="tasks.csv", digest="", entries=rows, actor="olga")


def _deletes(sandbox) -> list[list[str]]:
    return [call["ids"] for call in sandbox.ledger()["calls"] if call["operation"] == "delete"]


@pytest.fixture
def world(sandbox) -> SmallWorld:
    return SmallWorld(sandbox=sandbox)


@pytest.mark.parametrize("chunk", [5, 5000], ids=["armed by a shift", "armed at once"])
def test_each_task_of_overlapping_selections_is_in_one_deletion(
    sandbox, settings, monkeypatch, olga, images, chunk
) -> None:
    monkeypatch.setattr(arming, "CHUNK", chunk)
    tasks = images(50)
    otto = UserFactory(username="otto", role="operator")
    drafts = [_draft(tasks[:30], olga), _draft(tasks[10:40], otto), _draft(tasks[5:35] + tasks[40:], olga)]
    assert at_once(*[lambda draft=draft: _confirm_patiently(draft, others=2) for draft in drafts]) == [None] * 3
    for draft in drafts:
        assert work(draft).state == State.FINISHED
    held_by = Counter(DeletionItem.objects.filter(outcome="deleted").values_list("task_id", flat=True))
    assert held_by == dict.fromkeys([task.task_id for task in tasks], 1)
    assert sum(draft.skipped for draft in drafts) == 100 - 50
    assert Counter(task_id for ids in _deletes(sandbox) for task_id in ids) == held_by
    assert violations(sandbox.ledger(), ended=True) == []


def test_of_two_confirmations_at_once_one_counts(olga, images) -> None:
    for _ in range(5):
        draft = _draft(images(3), olga)
        results = at_once(lambda draft=draft: _confirm(draft), lambda draft=draft: _confirm(draft))
        assert sorted(map(repr, results), key=len) == ["None", "Refused('This deletion was already confirmed.')"]
        assert AuditEvent.objects.filter(action="deletion.confirmed", subject=str(draft.uuid)).count() == 1
        assert DeletionItem.objects.filter(deletion=draft, open=True).count() == 3


def test_of_two_presses_at_once_one_is_answered_409(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    windows = [Person.signed_in(operator.user) for _ in range(2)]
    presses = [lambda window=window: window.post(url_of("confirm", draft), {"reason": "a"}) for window in windows]
    assert sorted(response.status_code for response in at_once(*presses)) == [303, 409]
    assert AuditEvent.objects.filter(action="deletion.confirmed").count() == 1


def test_two_retries_of_one_deletion_delete_each_task_once(sandbox, olga, confirm, images) -> None:
    tasks = images(4)
    sandbox.control(refuse={task.task_id: "Task is running" for task in tasks[:2]})
    deletion = work(confirm(tasks))
    sandbox.control(refuse={})
    retry = lambda: actions.retry_refused(deletion=deletion, by=By(user=olga), now=timezone.now())  # noqa: E731
    retries = at_once(retry, retry)
    results = at_once(*[lambda retry=retry: _confirm(retry) for retry in retries])
    for draft in retries:
        draft.refresh_from_db()
        if draft.state == State.SCHEDULED:
            assert work(draft).state == State.FINISHED
    assert results.count(None) >= 1
    assert sum(retry.deleted for retry in retries) == 2
    assert violations(sandbox.ledger(), ended=True) == []


def test_confirming_and_keeping_at_once_is_one_of_the_two(olga, images) -> None:
    for _ in range(5):
        draft = _draft(images(2), olga)
        confirmed, kept = at_once(
            lambda draft=draft: _confirm(draft),
            lambda draft=draft: actions.discard(deletion=draft, by=By(user=olga)),
        )
        draft.refresh_from_db()
        assert (confirmed is None) != (kept is None)
        assert draft.state == (State.SCHEDULED if confirmed is None else State.DISCARDED)
        assert draft.items.filter(open=True).count() == (2 if confirmed is None else 0)


def test_undo_at_the_last_moment_keeps_everything_or_is_refused(sandbox, settings, olga, confirm, images) -> None:
    """The worker's clock has just reached the start, the clock of whoever presses Undo has not quite."""
    settings.DELETION_GRACE_SECONDS = 10
    seen = Counter()
    for round_ in range(24):
        world = SmallWorld(sandbox=sandbox)
        deletion = confirm(images(2))
        before, start = deletion.starts_at - timedelta(microseconds=1), deletion.starts_at

        def begin(start=start, wait=round_ % 3 / 500) -> Any:
            time.sleep(wait)
            return agenda.begin_due(now=start)

        def undo(deletion=deletion, before=before) -> None:
            actions.undo(deletion=deletion, by=By(user=olga), now=before)

        refusal, _ = at_once(undo, begin)
        hand = world.take()
        deletion.refresh_from_db()
        seen[deletion.state] += 1
        if refusal is None:
            assert (deletion.state, deletion.kept, hand) == (State.CANCELLED, 2, None)
        else:
            assert "Too late to undo" in str(refusal)
            assert deletion.state == State.RUNNING
            assert hand
            world.finish(hand)
    assert Deletion.objects.filter(state=State.FINISHED).count() == len(_deletes(sandbox)) == seen[State.RUNNING]
    assert violations(sandbox.ledger(), ended=False) == []


def test_after_pause_calls_in_hand_are_recorded_and_none_leaves(sandbox, settings, olga, confirm, images) -> None:
    settings.TENSORSLAB_BATCH_SIZE, settings.TENSORSLAB_CONCURRENCY = 1, 3
    settings.TENSORSLAB_TIMEOUT = 20.0
    sandbox.control(latency=0.2)
    deletion = confirm(images(30))
    with ThreadPoolExecutor(1) as pool:
        shift = pool.submit(_on_its_own_connection, Shift(length=PATIENCE).run)
        _until(lambda: len(_deletes(sandbox)) >= 4)
        actions.pause(deletion=deletion, by=By(user=olga))
        paused_at = timezone.now()
        shift.result(PATIENCE)
    deletion.refresh_from_db()
    calls = list(ProviderCall.objects.all())
    assert {call.state for call in calls} == {"answered"}
    assert all(call.sent_at <= paused_at for call in calls)
    assert deletion.state == State.PAUSED
    assert (deletion.deleted, deletion.sent) == (len(_deletes(sandbox)), 0)
    assert deletion.waiting == 30 - deletion.deleted > 0
    assert violations(sandbox.ledger(), ended=False) == []


@pytest.mark.postgres
@pytest.mark.parametrize("work_of", ["arming", "settling"])
def test_an_import_of_what_is_being_deleted_never_deadlocks(
    world, settings, monkeypatch, confirm, images, work_of
) -> None:
    """Both lock many tasks, so both must do it in one order, wherever the rows lie on the disk."""
    settings.TENSORSLAB_BATCH_SIZE = 20
    tasks = images(20)
    with monkeypatch.context() as patch:
        if work_of == "arming":
            patch.setattr(arming, "CHUNK", 1)
        deletion = confirm(tasks)
    if work_of == "settling":
        world.look_round()
        hand = world.take()
        world.go_on(hand)
    _lay_the_last_first()

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET enable_indexscan = off; SET enable_bitmapscan = off")
        world.arm_a_piece() if work_of == "arming" else world.go_on(hand)

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            TrackedTask.objects.select_for_update().get(pk=tasks[10].pk)
            both = []
            for act in (lambda: _import_again(tasks), change):
                both.append(pool.submit(_on_its_own_connection, act))
                _until(lambda: _waiting_for_a_lock() == len(both))
        for future in both:
            future.result(PATIENCE)
    assert work(deletion).deleted == 20


def _lay_the_last_first() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX last_first ON register_trackedtask ((-id))")
        cursor.execute("CLUSTER register_trackedtask USING last_first")
        cursor.execute("DROP INDEX last_first")


def _waiting_for_a_lock() -> int:
    with connection.cursor() as cursor:
        # A transaction sees others as they were when it first looked.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]
