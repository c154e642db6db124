"""Deletes that say Success and do less, or are undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorslab_api import TaskKind
from tensorslab_api.sandbox import Sandbox, in_shard
from tests.tensorslab_api.contract import CheckedSandbox, Clock, ask_delete, ask_look_up

IMAGE, VIDEO = TaskKind.IMAGE, TaskKind.VIDEO
IDS = [f"task_{number}" for number in range(9)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[CheckedSandbox]:
    with CheckedSandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("options", "count", "deleted"),
    [
        ({"cut_at": 4}, 9, 4),
        ({"cut_at": 4}, 3, 3),
        ({"first_half": True}, 8, 4),
        ({"first_half": True}, 9, 5),
        ({"first_half": True}, 1, 1),
        ({"first_half": True, "cut_at": 2}, 9, 2),
    ],
)
def test_the_end_of_a_list_is_lost(sandbox: CheckedSandbox, options: dict, count: int, deleted: int) -> None:
    sandbox.control(**options)
    assert ask_delete(sandbox, *IDS[:count]).json()["data"]["status"] == "Success"
    assert sandbox.ledger()["calls"][0]["did"] == IDS[:deleted]
    assert sandbox.deleted(IMAGE) == set(IDS[:deleted])


def test_a_shard_of_the_ids_is_lost(sandbox: CheckedSandbox) -> None:
    sandbox.control(lost_shard=3)
    kept = {task_id for task_id in IDS if in_shard(task_id, 3)}
    assert 0 < len(kept) < len(IDS)
    for _ in range(2):
        assert ask_delete(sandbox, *IDS).json()["data"]["status"] == "Success"
        assert sandbox.deleted(IMAGE) == set(IDS) - kept
    sandbox.control(lost_shard=0)
    ask_delete(sandbox, *IDS)
    assert sandbox.deleted(IMAGE) == set(IDS)


def test_shards_are_the_same_everywhere() -> None:
    assert [task_id for task_id in IDS if in_shard(task_id, 2)] == ["task_0", "task_1", "task_3", "task_5", "task_8"]
    assert all(in_shard(task_id, 1) for task_id in [*IDS, "日本", "\ud800"])
    assert not any(in_shard(task_id, 0) for task_id in IDS)


def test_a_delete_is_rolled_back(sandbox: CheckedSandbox, clock: Clock) -> None:
    sandbox.control(rollback_after=10)
    ask_delete(sandbox, "a", "b")
    clock.sleep(9.5)
    assert ask_look_up(sandbox, "a").status_code == 404
    clock.sleep(0.5)
    assert ask_look_up(sandbox, "a").status_code == 200
    assert sandbox.summary()["deleted"] == {"image": 0, "video": 0}
    assert sandbox.ledger()["calls"][0]["did"] == ["a", "b"]


def test_a_rollback_takes_effect_at_its_own_moment(sandbox: CheckedSandbox, clock: Clock) -> None:
    sandbox.control(rollback_after=10)
    ask_delete(sandbox, "a")
    clock.sleep(500)
    ask_delete(sandbox, "b", kind=VIDEO)
    assert sandbox.ledger()["events"] == [
        {"at": 1000.0, "kind": "image", "id": "a", "gone": True},
        {"at": 1010.0, "kind": "image", "id": "a", "gone": False},
        {"at": 1500.0, "kind": "video", "id": "b", "gone": True},
    ]


def test_a_rollback_is_of_its_own_call_alone(sandbox: CheckedSandbox, clock: Clock) -> None:
    ask_delete(sandbox, "before")
    sandbox.control(rollback_after=10)
    ask_delete(sandbox, "before", "a", "b")
    ask_delete(sandbox, "a", kind=VIDEO)
    sandbox.control(alive=["a"], rollback_after=0)
    ask_delete(sandbox, "a")
    ask_delete(sandbox, "a", kind=VIDEO)
    clock.sleep(10)
    assert sandbox.deleted(IMAGE) == {"before", "a"}, "a was revived and deleted anew; b came back"
    assert sandbox.deleted(VIDEO) == {"a"}


def test_half_of_the_deletes_are_rolled_back_in_turn(sandbox: CheckedSandbox, clock: Clock) -> None:
    sandbox.control(rollback_after=10, rollback_share=0.5)
    for task_id in IDS:
        ask_delete(sandbox, task_id)
        ask_delete(sandbox, task_id)
    clock.sleep(10)
    assert sandbox.deleted(IMAGE) == set(IDS[1::2]), "a delete that does nothing takes no turn"


def test_another_share_is_drawn_with_the_dice(clock: Clock) -> None:
    def kept(seed: int, share: float) -> set[str]:
        with CheckedSandbox(clock=clock) as sandbox:
            sandbox.control(rollback_after=10, rollback_share=share, seed=seed)
            for task_id in IDS:
                ask_delete(sandbox, task_id)
            clock.sleep(10)
            return sandbox.deleted(IMAGE)

    assert kept(1, 0.4) == kept(1, 0.4)
    assert kept(1, 0.4) != kept(2, 0.4)
    assert 0 < len(kept(1, 0.4)) < len(IDS)
    assert kept(1, 0) == set(IDS)
    assert kept(1, 1) == set()


def test_what_was_rolled_back_is_alive_after_a_restart(clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    with Sandbox(ledger_file=file, clock=clock) as sandbox:
        ask_delete(sandbox, "a", "b", kind=VIDEO)
        sandbox.control(rollback_after=10)
        ask_delete(sandbox, "a", "c")
        clock.sleep(5)
        ask_delete(sandbox, "d")
        # Only the first of the two is due when it stops, and no question came since.
        clock.sleep(5)
    with Sandbox(ledger_file=file, clock=clock) as sandbox:
        assert sandbox.deleted(IMAGE) == {"d"}
        assert sandbox.deleted(VIDEO) == {"a", "b"}
        assert sandbox.gone_at(IMAGE, "d", 0.0), "as far as this sandbox knows"
        clock.sleep(100)
        assert sandbox.deleted(IMAGE) == {"d"}, "a rollback that was still to come is lost"
