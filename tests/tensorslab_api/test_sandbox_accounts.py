"""Which ids there are, for whom, and how the sandbox says that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import requests

from tensorslab_api import TaskKind
from tensorslab_api.sandbox import Echo, Failure, Missing, Options, Sandbox
from tests.tensorslab_api.contract import CheckedSandbox, ask_delete, ask_look_up

IMAGE, VIDEO = TaskKind.IMAGE, TaskKind.VIDEO
NO_TASK = {"code": 9999, "msg": "Task does not exist"}


def images_only(kind: TaskKind, ids: Sequence[str]) -> list[str]:
    return [task_id for task_id in ids if kind is IMAGE and task_id.startswith("img")]


def told(response: requests.Response) -> tuple[int, dict[str, Any]]:
    return response.status_code, response.json()


def test_an_id_that_never_existed_is_missing_in_look_ups() -> None:
    with CheckedSandbox(known=images_only) as sandbox:
        assert ask_look_up(sandbox, "img_1").status_code == 200
        assert told(ask_look_up(sandbox, "other")) == (404, NO_TASK)
        assert told(ask_look_up(sandbox, "img_1", VIDEO)) == (404, NO_TASK), "it is known as an image alone"


@pytest.mark.parametrize(("already_gone", "status"), [("success", "Success"), ("failure", "Failed")])
def test_a_delete_takes_an_id_that_never_existed_for_one_that_is_gone(already_gone: str, status: str) -> None:
    with CheckedSandbox(known=images_only) as sandbox:
        sandbox.control(already_gone=already_gone, mode="partial")
        assert ask_delete(sandbox, "other", "img_1").json()["data"]["status"] == status
        assert sandbox.deleted(IMAGE) == {"img_1"}
        assert sandbox.gone_at(IMAGE, "other", 1e12) is False, "it never existed"


def test_what_is_revived_exists_only_if_it_is_known() -> None:
    with CheckedSandbox(known=images_only) as sandbox:
        sandbox.control(gone={"image": ["img_1", "other"]})
        sandbox.control(alive=["img_1", "other"])
        assert ask_look_up(sandbox, "img_1").status_code == 200
        assert ask_look_up(sandbox, "other").status_code == 404


def test_an_unknown_id_exists_as_no_kind() -> None:
    with CheckedSandbox(Options(unknown=frozenset({"img_1"})), known=images_only) as sandbox:
        assert ask_look_up(sandbox, "img_1").status_code == 404
        assert ask_look_up(sandbox, "img_2").status_code == 200


def test_nothing_exists_under_a_key_of_another_account(sandbox: CheckedSandbox) -> None:
    sandbox.control(api_key="ours", foreign_keys=["theirs"])
    assert told(ask_look_up(sandbox, "a", key="Bearer theirs")) == (404, NO_TASK)
    assert ask_delete(sandbox, "a", key="theirs").json()["data"]["status"] == "Success"
    sandbox.control(already_gone="failure")
    assert ask_delete(sandbox, "a", key="Bearer theirs").json() == {**NO_TASK, "data": {"status": "Failed"}}
    assert sandbox.deleted(IMAGE) == set()
    assert ask_look_up(sandbox, "a", key="Bearer ours").status_code == 200
    assert ask_look_up(sandbox, "a", key="Bearer another").status_code == 401
    assert [call["foreign"] for call in sandbox.ledger()["calls"]] == [True, True, True, False, False]


def test_any_other_key_is_ours_where_none_is_set(sandbox: CheckedSandbox) -> None:
    sandbox.control(foreign_keys=["theirs", ""])
    assert ask_look_up(sandbox, "a", key="any").status_code == 200
    assert ask_look_up(sandbox, "a", key="theirs").status_code == 404


def test_a_missing_key_is_never_foreign() -> None:
    # Without a key the request itself breaks the documents, so this sandbox does not listen in.
    with Sandbox(Options(foreign_keys=frozenset({""}))) as sandbox:
        assert ask_look_up(sandbox, "a", key="").status_code == 401


def test_maintenance_answers_everything_and_does_nothing(sandbox: CheckedSandbox) -> None:
    sandbox.control(maintenance="Back at noon", api_key="ours", queue=["500"])
    words = {"code": 9999, "msg": "Back at noon"}
    assert told(ask_delete(sandbox, "a", key="ours")) == (200, {**words, "data": {"status": "Failed"}})
    assert told(ask_look_up(sandbox, "a", VIDEO, key="another")) == (200, {**words, "data": {}})
    assert sandbox.deleted(IMAGE) == set()
    assert [call["ids"] for call in sandbox.ledger()["calls"]] == [["a"], ["a"]]
    sandbox.control(maintenance="")
    assert ask_look_up(sandbox, "a", key="ours").status_code == 500, "the fault waited"
    assert ask_look_up(sandbox, "a", key="ours").status_code == 200


@pytest.mark.parametrize(
    ("missing", "status", "body"),
    [
        (Missing.HTTP, 404, NO_TASK),
        (Missing.CODE, 200, {**NO_TASK, "data": {}}),
        (Missing.BAD_REQUEST, 400, NO_TASK),
        (Missing.NULL_DATA, 200, {"code": 1000, "msg": "Task does not exist", "data": None}),
    ],
)
def test_the_forms_of_a_missing_task(
    sandbox: CheckedSandbox, missing: Missing, status: int, body: dict[str, Any]
) -> None:
    sandbox.control(gone={"image": ["a"]}, missing=missing)
    assert told(ask_look_up(sandbox, "a")) == (status, body)
    assert len(sandbox.checked) == 2


def test_the_words_for_a_missing_task_can_hold_its_id(sandbox: CheckedSandbox) -> None:
    sandbox.control(gone={"image": ["a{id}b"]}, missing_words="No {id} here, {id}.", already_gone="failure")
    assert ask_look_up(sandbox, "a{id}b").json()["msg"] == "No a{id}b here, a{id}b."
    assert ask_delete(sandbox, "a{id}b").json()["msg"] == "No a{id}b here, a{id}b."


@pytest.mark.parametrize(("echo", "task_id"), [(Echo.SAME, "aB_1"), (Echo.UPPER, "AB_1"), (Echo.LOWER, "ab_1")])
@pytest.mark.parametrize("kind", list(TaskKind))
def test_a_look_up_echoes_the_id(sandbox: CheckedSandbox, kind: TaskKind, echo: Echo, task_id: str) -> None:
    before = ask_look_up(sandbox, "aB_1", kind).json()["data"]
    sandbox.control(echo=echo)
    assert ask_look_up(sandbox, "aB_1", kind).json()["data"] == {**before, "taskid": task_id}


@pytest.mark.parametrize("failure", list(Failure))
def test_a_failure_without_any_task_takes_the_chosen_form(sandbox: CheckedSandbox, failure: Failure) -> None:
    sandbox.control(queue=["failed", "failed:look_up"], failure=failure)
    forms = {
        Failure.CODE: (200, {"code": 9999, "msg": "Delete failed", "data": {"status": "Failed"}}),
        Failure.STATUS: (200, {"code": 1000, "msg": "Delete failed", "data": {"status": "Failed"}}),
        Failure.HTTP: (400, {"code": 9999, "msg": "Delete failed"}),
    }
    assert told(ask_delete(sandbox, "a")) == forms[failure]
    assert told(ask_look_up(sandbox, "a")) == (200, {"code": 9999, "msg": "Look-up failed", "data": {}})
    assert sandbox.deleted(IMAGE) == set()
