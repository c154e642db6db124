"""People who change their minds, or a task, while it is being deleted: at each moment of a call's life."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dashboard.deletions import actions
from dashboard.deletions.actions import By
from dashboard.deletions.dispatch import arming
from dashboard.deletions.models import State
from dashboard.register import importing
from dashboard.register.importing.cells.entries import Row
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import outcomes, work
from tests.deletions.small_world import SmallWorld
from tests.factories import TrackedTaskFactory
from tests.oracle import violations

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(sandbox) -> SmallWorld:
    return SmallWorld(sandbox=sandbox)


def _import_again(tasks: list[TrackedTask]) -> None:
    # What is as it was would not be written at all.
    said = {"status": "failed", "error": "It was too long."}
    rows = [Row(line=1, kind=task.kind, task_id=task.task_id, values=said) for task in tasks]
    importing.take_in(source="tasks.csv", digest="", entries=rows, actor="olga")


def _hold(task: TrackedTask) -> None:
    TrackedTask.objects.filter(pk=task.pk).update(held_by="alice", held_reason="Legal case")


def _deletes(sandbox) -> list[list[str]]:
    return [call["ids"] for call in sandbox.ledger()["calls"] if call["operation"] == "delete"]


@pytest.mark.parametrize("mode", ["all_or_nothing", "partial"])
@pytest.mark.parametrize("answered", [False, True], ids=["a half is out", "its answer is here"])
@pytest.mark.parametrize("calls", [1, 2, 4])
def test_stop_while_a_refused_list_is_split(world, settings, olga, confirm, images, mode, answered, calls) -> None:
    tasks = images(9)
    settings.TENSORSLAB_BATCH_SIZE = 8
    world.sandbox.control(mode=mode, refuse={tasks[5].task_id: "Task is running"})
    deletion = confirm(tasks)
    world.look_round()
    for _ in range(calls):
        world.finish(world.take())
    hand = world.take()
    if answered:
        world.go_on(hand)
    actions.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    world.finish(hand)
    sent = _deletes(world.sandbox)
    work(deletion)
    assert _deletes(world.sandbox) == sent
    assert deletion.state == State.FINISHED
    assert (deletion.waiting, deletion.sent, deletion.unknown, deletion.total) == (0, 0, 0, 9)
    assert outcomes(deletion)[tasks[5].task_id] in {"kept", "refused"}
    assert outcomes(deletion)[tasks[8].task_id] == "kept"
    assert violations(world.sandbox.ledger(), ended=True) == []


def test_nothing_leaves_while_a_large_stop_is_under_way(world, monkeypatch, olga, confirm, images) -> None:
    monkeypatch.setattr(arming, "CHUNK", 2)
    deletion = confirm(images(9))
    world.look_round()
    actions.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    deletion.refresh_from_db()
    assert deletion.waiting > 0
    assert world.take() is None
    work(deletion)
    assert (deletion.state, deletion.kept) == (State.FINISHED, 9)
    assert _deletes(world.sandbox) == []


@pytest.mark.parametrize("steps", [0, 1], ids=["about to leave", "answered but not settled"])
def test_a_hold_counts_for_every_call_that_is_not_out_yet(world, settings, confirm, images, steps) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 3
    tasks = images(6)
    deletion = confirm(tasks)
    world.look_round()
    hand = world.take()
    for _ in range(steps):
        world.go_on(hand)
    for task in (tasks[1], tasks[4]):
        _hold(task)
    world.finish(hand)
    work(deletion)
    assert outcomes(deletion) == {task.task_id: "deleted" for task in tasks} | {tasks[4].task_id: "kept"}
    assert tasks[4].task_id not in world.sandbox.deleted("image")
    assert violations(world.sandbox.ledger(), ended=True) == []


def test_a_hold_between_confirming_and_arming_skips_the_task(world, monkeypatch, confirm, images) -> None:
    monkeypatch.setattr(arming, "CHUNK", 2)
    tasks = images(5)
    deletion = confirm(tasks)
    world.arm_a_piece()
    _hold(tasks[1])
    _hold(tasks[3])
    work(deletion)
    said = outcomes(deletion)
    assert (said[tasks[1].task_id], said[tasks[3].task_id], deletion.deleted) == ("kept", "skipped", 3)
    assert not set(_deletes(world.sandbox)[0]) & {tasks[1].task_id, tasks[3].task_id}
    assert violations(world.sandbox.ledger(), ended=True) == []


def test_a_hold_on_what_may_be_gone_is_looked_up_and_never_sent_again(world, olga, confirm, images) -> None:
    gone, there = tasks = images(2)
    world.sandbox.control(queue=["500:before:delete"])
    deletion = confirm(tasks)
    world.look_round()
    world.finish(world.take())
    world.sandbox.control(gone={"image": [gone.task_id]})
    for task in tasks:
        _hold(task)
    work(deletion)
    assert outcomes(deletion) == {gone.task_id: "deleted", there.task_id: "kept"}
    assert len(_deletes(world.sandbox)) == 1


@pytest.mark.parametrize("steps", [0, 1, 2], ids=["sent", "answered", "settled"])
@pytest.mark.parametrize("fault", ["", "500:after:delete"], ids=["answered", "lost"])
def test_importing_a_task_again_never_makes_it_present(world, confirm, images, steps, fault) -> None:
    world.sandbox.control(queue=[fault] if fault else [])
    tasks = images(2)
    deletion = confirm(tasks)
    world.look_round()
    hand = world.take()
    for _ in range(steps):
        world.go_on(hand)
    shown = set(TrackedTask.objects.values_list("presence", flat=True))
    _import_again([*tasks, TrackedTaskFactory.build(task_id="new")])
    assert set(TrackedTask.objects.exclude(task_id="new").values_list("presence", flat=True)) == shown != {"present"}
    world.finish(hand)
    work(deletion)
    assert deletion.deleted == 2
    assert TrackedTask.objects.filter(presence="deleted").count() == 2
    assert violations(world.sandbox.ledger(), ended=True) == []
