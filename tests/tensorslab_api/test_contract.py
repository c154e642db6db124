"""Both sides of every conversation keep the documents in `tensorslab_api/contract/`."""

from __future__ import annotations

import pytest

from tensorslab_api import Client, Ruling, TaskKind, TaskStatus, judge_delete, judge_look_up
from tensorslab_api.sandbox import Failure, Missing, Mode, Options
from tests.tensorslab_api.contract import CheckedSandbox

KINDS = list(TaskKind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_delete_keeps_the_contract(sandbox: CheckedSandbox, client: Client, kind: TaskKind) -> None:
    assert judge_delete(client.delete(kind, ["a_1", "ключ/é 😀"])).ruling is Ruling.SUCCESS
    assert sandbox.deleted(kind) == {"a_1", "ключ/é 😀"}
    assert len(sandbox.checked) == 2


@pytest.mark.parametrize("failure", list(Failure))
@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_delete_keeps_the_contract(
    sandbox: CheckedSandbox, client: Client, kind: TaskKind, failure: Failure
) -> None:
    sandbox.control(refuse={"bad": "Task is locked"}, failure=failure)
    verdict = judge_delete(client.delete(kind, ["good", "bad"]))
    assert (verdict.ruling, verdict.message) == (Ruling.REFUSED, "Task is locked")
    assert sandbox.deleted(kind) == set()
    assert len(sandbox.checked) == 2


@pytest.mark.parametrize("status", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_a_look_up_keeps_the_contract(sandbox: CheckedSandbox, client: Client, kind: TaskKind, status: int) -> None:
    sandbox.control(statuses={"a b/1": status})
    verdict = judge_look_up(client.look_up(kind, "a b/1"))
    assert verdict.ruling is Ruling.THERE
    assert verdict.info is not None
    assert verdict.info.status in {TaskStatus.QUEUED, TaskStatus.PROCESSING, TaskStatus.COMPLETED, TaskStatus.FAILED}
    assert len(sandbox.checked) == 2


@pytest.mark.parametrize("missing", list(Missing))
@pytest.mark.parametrize("kind", KINDS)
def test_a_look_up_of_nothing_keeps_the_contract(
    sandbox: CheckedSandbox, client: Client, kind: TaskKind, missing: Missing
) -> None:
    sandbox.control(gone={kind: ["a"]}, missing=missing)
    assert judge_look_up(client.look_up(kind, "a")).ruling is Ruling.ABSENT
    assert len(sandbox.checked) == 2


def test_only_an_image_delete_carries_the_uid(sandbox: CheckedSandbox) -> None:
    client = Client(base_url=sandbox.url, api_key="key", uid="user-7")
    for kind in KINDS:
        assert judge_delete(client.delete(kind, ["a"])).ruling is Ruling.SUCCESS
        assert judge_look_up(client.look_up(kind, "b")).ruling is Ruling.THERE
    sent = [told for told in sandbox.checked if "request" in told and "uid" in told]
    assert len(sent) == 1
    assert sent[0].startswith("delete image request")


def test_a_partial_failure_keeps_the_contract(sandbox: CheckedSandbox, client: Client) -> None:
    sandbox.control(mode=Mode.PARTIAL, refuse_suffix={"7": "No"})
    assert judge_delete(client.delete(TaskKind.IMAGE, ["a6", "a7", "a8"])).ruling is Ruling.REFUSED
    assert sandbox.deleted(TaskKind.IMAGE) == {"a6", "a8"}


def test_a_breach_on_either_side_is_noticed() -> None:
    with pytest.raises(AssertionError, match="taskids"), CheckedSandbox() as sandbox:
        Client(base_url=sandbox.url, api_key="key")._post("/v1/images/deleteimagestask", {"ids": ["a"]}, None)
    with pytest.raises(AssertionError, match="image_status"), CheckedSandbox(Options(statuses={"a": 99})) as sandbox:
        Client(base_url=sandbox.url, api_key="key").look_up(TaskKind.IMAGE, "a")
