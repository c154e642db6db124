"""Effects that come later than the answer, or are seen later than they come. No test waits: the clock is moved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tensorslab_api import TaskKind
from tensorslab_api.sandbox import Fault, Trouble, When, in_shard
from tensorslab_api.sandbox.existence import LONGEST_HISTORY, MOST_EVENTS
from tests.tensorslab_api.contract import CheckedSandbox, Clock, ask_delete, ask_look_up

IMAGE, VIDEO = TaskKind.IMAGE, TaskKind.VIDEO


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[CheckedSandbox]:
    with CheckedSandbox(clock=clock) as sandbox:
        yield sandbox


def test_a_fault_can_be_late() -> None:
    assert Fault.parse("504:late") == Fault(Trouble.GATEWAY_TIMEOUT, When.LATE)
    assert Fault.parse("reset:delete:late") == Fault(Trouble.RESET, When.LATE, "delete")
    assert Fault.parse("103") == Fault(Trouble.EARLY_HINTS, When.AFTER)
    with pytest.raises(ValueError, match="no fault"):
        Fault.parse("reset:late:after")


@pytest.mark.parametrize(("fault", "status"), [("504:late", 504), ("failed:late", 200), ("500:late", 500)])
def test_the_answer_comes_at_once_and_the_work_is_done_later(
    sandbox: CheckedSandbox, clock: Clock, fault: str, status: int
) -> None:
    sandbox.control(queue=[fault])
    assert ask_delete(sandbox, "a", "b").status_code == status
    assert sandbox.ledger()["calls"][0]["did"] == []
    clock.sleep(7.5)
    assert ask_look_up(sandbox, "a").status_code == 200
    clock.sleep(0.5)
    assert ask_look_up(sandbox, "a").status_code == 404
    assert sandbox.ledger()["calls"][0]["did"] == ["a", "b"]
    assert sandbox.ledger()["calls"][0]["fault"] == fault


def test_a_connection_can_be_reset_before_the_work_is_done(sandbox: CheckedSandbox, clock: Clock) -> None:
    sandbox.control(queue=["reset:late"], late_seconds=100)
    with pytest.raises(requests.ConnectionError):
        ask_delete(sandbox, "a")
    assert sandbox.deleted(IMAGE) == set()
    clock.sleep(500)
    assert sandbox.deleted(IMAGE) == {"a"}
    assert sandbox.ledger()["events"] == [{"at": 1100.0, "kind": "image", "id": "a", "gone": True}]


def test_late_work_spares_what_was_refused_and_what_is_gone(sandbox: CheckedSandbox, clock: Clock) -> None:
    sandbox.control(queue=["504:late"], mode="partial", refuse={"b": "Locked"})
    ask_delete(sandbox, "a", "b", "c")
    ask_delete(sandbox, "c")
    clock.sleep(8)
    assert sandbox.deleted(IMAGE) == {"a", "c"}
    assert [call["did"] for call in sandbox.ledger()["calls"]] == [["a"], ["c"]]


def test_a_late_delete_can_be_rolled_back(sandbox: CheckedSandbox, clock: Clock) -> None:
    sandbox.control(queue=["504:late"], rollback_after=5)
    ask_delete(sandbox, "a")
    clock.sleep(60)
    assert [(event["at"], event["gone"]) for event in sandbox.ledger()["events"]] == [(1008, True), (1013, False)]


def test_effects_come_in_the_order_of_their_moments(sandbox: CheckedSandbox, clock: Clock) -> None:
    sandbox.control(queue=["504:late", "504:late"], late_seconds=20)
    ask_delete(sandbox, "a")
    clock.sleep(1)
    sandbox.control(late_seconds=5)
    ask_delete(sandbox, "b")
    clock.sleep(60)
    sandbox.control(alive=["a"])
    assert [(event["at"], event["id"], event["gone"]) for event in sandbox.ledger()["events"]] == [
        (1006, "b", True),
        (1020, "a", True),
        (1061, "a", False),
    ]


def test_it_tells_what_was_gone_at_a_moment(sandbox: CheckedSandbox, clock: Clock) -> None:
    ask_delete(sandbox, "a")
    clock.sleep(10)
    sandbox.control(alive=["a"])
    clock.sleep(10)
    sandbox.control(gone={"image": ["a"]})
    moments = [999, 1000, 1009, 1010, 1019, 1020, 9999]
    assert [sandbox.gone_at(IMAGE, "a", moment) for moment in moments] == [False, True, True, False, False, True, True]
    assert not any(sandbox.gone_at(kind, task_id, 9999) for kind, task_id in [(VIDEO, "a"), (IMAGE, "b")])


def test_only_changes_are_events(sandbox: CheckedSandbox) -> None:
    for _ in range(2):
        ask_delete(sandbox, "a")
        sandbox.control(gone={"image": ["a"]})
    for _ in range(2):
        sandbox.control(alive=["a", "never deleted"])
    assert [event["gone"] for event in sandbox.ledger()["events"]] == [True, False]


def test_the_events_are_bounded(sandbox: CheckedSandbox, clock: Clock) -> None:
    first, later = ([f"{name}{number}" for number in range(MOST_EVENTS)] for name in "ab")
    sandbox.control(gone={"image": first})
    clock.sleep(1)
    sandbox.control(gone={"image": later})
    events = sandbox.ledger()["events"]
    assert len(events) == MOST_EVENTS
    assert events[0]["id"] == "b0"
    assert [sandbox.gone_at(IMAGE, "a0", moment) for moment in (999, 1000)] == [False, True], "it is still known"


def test_the_history_of_one_id_is_bounded(sandbox: CheckedSandbox, clock: Clock) -> None:
    for _ in range(LONGEST_HISTORY):
        sandbox.control(gone={"image": ["a"]})
        clock.sleep(1)
        sandbox.control(alive=["a"])
        clock.sleep(1)
    assert [sandbox.gone_at(IMAGE, "a", clock.now - past) for past in (1, 2, 3, 4)] == [False, True, False, True]


def test_a_replica_lags_behind(sandbox: CheckedSandbox, clock: Clock) -> None:
    sandbox.control(replica_lag=30, already_gone="failure")
    ask_delete(sandbox, "a")
    clock.sleep(29)
    assert ask_look_up(sandbox, "a").status_code == 200
    assert ask_delete(sandbox, "a").json()["data"]["status"] == "Failed", "deletes see the truth"
    clock.sleep(1)
    assert ask_look_up(sandbox, "a").status_code == 404
    sandbox.control(alive=["a"])
    assert ask_look_up(sandbox, "a").status_code == 404
    clock.sleep(30)
    assert ask_look_up(sandbox, "a").status_code == 200


def test_a_clock_that_is_set_back_hides_no_deletion(sandbox: CheckedSandbox, clock: Clock) -> None:
    ask_delete(sandbox, "a")
    clock.sleep(-60)
    assert ask_look_up(sandbox, "a").status_code == 404


def test_a_replica_lacks_some_tasks(sandbox: CheckedSandbox) -> None:
    sandbox.control(replica_lacks=3)
    ids = [f"task_{number}" for number in range(9)]
    lacking = {task_id for task_id in ids if in_shard(task_id, 3)}
    assert {task_id for task_id in ids if ask_look_up(sandbox, task_id).status_code == 404} == lacking
    sandbox.control(already_gone="failure")
    assert ask_delete(sandbox, *lacking).json()["data"]["status"] == "Success"
    assert sandbox.deleted(IMAGE) == lacking


def test_the_ledger_keeps_the_moments_of_its_clock(sandbox: CheckedSandbox, clock: Clock) -> None:
    clock.sleep(5)
    ask_delete(sandbox, "a")
    (call,) = sandbox.ledger()["calls"]
    assert call["at"] == call["answered_at"] == 1005
