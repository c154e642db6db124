from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorslab_api import Ruling, TaskKind, TaskStatus, judge_delete, judge_look_up
from tensorslab_api.replies import delete_reply, look_up_reply, read_retry_after
from tensorslab_api.types import LookUpReply, TaskInfo


def looked_up(body: bytes, *, task_id: str = "a") -> LookUpReply:
    return look_up_reply(http_status=200, body=body, retry_after=None, kind=TaskKind.IMAGE, task_id=task_id)


def info(kind: TaskKind, data: dict[str, object]) -> TaskInfo:
    body = json.dumps({"code": 1000, "msg": "OK", "data": data}).encode()
    reply = look_up_reply(http_status=200, body=body, retry_after=None, kind=kind, task_id="a")
    assert reply.info is not None
    return reply.info


def test_it_reads_an_image() -> None:
    data = {
        "taskid": "a",
        "category": "seedreamv4",
        "starttime": "2026-01-30 12:00:00",
        "url": ["https://example.com/1.jpg", "https://example.com/2.jpg"],
        "image_status": 3,
        "width": 2048,
        "height": 1024,
        "prompt": "a fox",
    }
    assert info(TaskKind.IMAGE, data) == TaskInfo(
        kind=TaskKind.IMAGE,
        task_id="a",
        status=TaskStatus.COMPLETED,
        model="seedreamv4",
        prompt="a fox",
        urls=("https://example.com/1.jpg", "https://example.com/2.jpg"),
        width=2048,
        height=1024,
        created_raw="2026-01-30 12:00:00",
    )


def test_it_reads_a_video() -> None:
    data = {"url": [], "task_status": 4, "source": "seedancev2", "duration": 5, "message": "Generation failed"}
    assert info(TaskKind.VIDEO, data) == TaskInfo(
        kind=TaskKind.VIDEO,
        task_id="a",
        status=TaskStatus.FAILED,
        model="seedancev2",
        duration=5,
        error="Generation failed",
    )


@pytest.mark.parametrize(
    ("kind", "number", "status"),
    [
        (TaskKind.IMAGE, 1, TaskStatus.QUEUED),
        (TaskKind.IMAGE, 2, TaskStatus.PROCESSING),
        (TaskKind.IMAGE, 5, TaskStatus.UNKNOWN),
        (TaskKind.VIDEO, 5, TaskStatus.UPLOADING),
        (TaskKind.VIDEO, 6, TaskStatus.UNKNOWN),
        (TaskKind.VIDEO, True, TaskStatus.UNKNOWN),
        (TaskKind.VIDEO, "3", TaskStatus.UNKNOWN),
    ],
)
def test_it_reads_the_documented_states_alone(kind: TaskKind, number: object, status: TaskStatus) -> None:
    name = "image_status" if kind is TaskKind.IMAGE else "task_status"
    assert info(kind, {name: number}).status is status


def test_a_field_of_the_wrong_type_counts_as_absent() -> None:
    data = {"url": "https://example.com", "width": "2048", "height": -1, "prompt": 5, "category": None, "starttime": 0}
    assert info(TaskKind.IMAGE, data) == TaskInfo(kind=TaskKind.IMAGE, task_id="a")
    assert info(TaskKind.IMAGE, {"url": ["https://a", 5, None]}).urls == ("https://a",)
    assert info(TaskKind.IMAGE, {"width": True, "height": 2**40}) == TaskInfo(kind=TaskKind.IMAGE, task_id="a")


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": 9999, "msg": "", "code": 1000, "data": {"status": "Success"}}',
        b'{"code": 1000, "code": 1000, "msg": "", "data": {"status": "Success"}}',
        b'{"code": 1000, "c\\u006fde": 1000, "msg": "", "data": {"status": "Success"}}',
        b'{"code": 1000, "msg": "", "data": {"status": "Failed", "status": "Success"}}',
        b'{"code": 1000, "msg": "", "data": {"status": "Success"}, "data": {"status": "Success"}}',
        b'{"code": 1000, "msg": "", "data": {"status": "Success", "more": [[{"a": 1, "b": {"c": 0, "c": 0}}]]}}',
    ],
)
def test_a_key_that_is_repeated_anywhere_is_not_well_formed(body: bytes) -> None:
    assert not delete_reply(http_status=200, body=body, retry_after=None).well_formed
    assert not looked_up(body).well_formed
    assert looked_up(body).code is None


def test_the_same_key_in_two_objects_is_not_repeated() -> None:
    body = b'{"code": 1000, "msg": "", "data": {"code": 1, "status": "Success", "more": [{"a": 1}, {"a": 1}]}}'
    assert delete_reply(http_status=200, body=body, retry_after=None).status == "Success"


def test_objects_within_objects_without_end_are_not_well_formed() -> None:
    deep = b'{"code": 1000, "msg": "", "data": ' + b'{"a":' * 50_000
    assert not looked_up(deep).well_formed
    assert not looked_up(deep + b"0" + b"}" * 50_001).well_formed


def answer(data: object) -> LookUpReply:
    return looked_up(json.dumps({"code": 1000, "msg": "OK", "data": data}).encode(), task_id="Task-ä-1")


@pytest.mark.parametrize("named", ["Task-ä-1", "TASK-Ä-1", "task-ä-1", "", None])
def test_an_id_in_letters_of_another_case_is_the_one_asked_for(named: str | None) -> None:
    reply = answer({"taskid": named, "prompt": "a fox"})
    assert reply.info is not None
    assert (reply.task_id, reply.info.task_id) == ("Task-ä-1", "Task-ä-1")


@pytest.mark.parametrize("named", ["Task-ä-2", "Task-a-1", " Task-ä-1", "Task", 1, True, ["Task-ä-1"], {}])
def test_an_answer_about_another_task_is_not_well_formed(named: object) -> None:
    reply = answer({"taskid": named, "prompt": "a fox"})
    assert (reply.well_formed, reply.info, reply.task_id) == (False, None, "Task-ä-1")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "Task-ä-1",
        {},
        {"taskid": "Task-ä-1"},
        {"taskid": "TASK-Ä-1", "url": [], "prompt": "", "more": {}},
        {"image_status": None, "task_status": None, "url": None},
        {"image_status": 0, "width": 0, "height": 0.0, "prompt": ""},
        {"task_status": 0, "duration": 0, "more": False},
    ],
)
def test_data_that_says_nothing_describes_no_task(data: object) -> None:
    reply = answer(data)
    assert (reply.well_formed, reply.code, reply.info, reply.task_id) == (True, 1000, None, "Task-ä-1")


@pytest.mark.parametrize(
    "data",
    [{"image_status": 4}, {"prompt": "a fox", "url": None}, {"unknown": [None]}, {"image_status": 0, "width": 1}],
)
def test_data_that_says_anything_describes_one(data: object) -> None:
    assert answer(data).info is not None


def test_texts_can_be_stored_anywhere() -> None:
    body = b'{"code": 9999, "msg": "a\\u0000b\\ud800c' + b"x" * 5000 + b'", "data": {"status": "Fail\\u0000ed"}}'
    reply = delete_reply(http_status=200, body=body, retry_after=None)
    assert reply.message.startswith("a�b�cxx")
    assert len(reply.message) == 2000
    assert reply.status == "Fail�ed"


def test_retry_after_may_be_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=90)
    seconds = read_retry_after(format_datetime(moment, usegmt=True))
    assert seconds is not None
    assert 80 < seconds <= 90
    assert (read_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") or 0) < 0
    assert read_retry_after("Wed, 99 Foo 2015 07:28:00 GMT") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ENVELOPES = st.fixed_dictionaries({}, optional={"code": JSON, "msg": JSON, "data": JSON}).map(
    lambda value: json.dumps(value).encode()
)


@given(body=st.binary() | ENVELOPES, http_status=st.integers(100, 599), retry_after=st.none() | st.text())
def test_nothing_a_provider_sends_makes_it_raise(body: bytes, http_status: int, retry_after: str | None) -> None:
    assert looked_up(body).task_id == "a"
    deleted = judge_delete(delete_reply(http_status=http_status, body=body, retry_after=retry_after))
    found = judge_look_up(
        look_up_reply(http_status=http_status, body=body, retry_after=retry_after, kind=TaskKind.VIDEO, task_id="a")
    )
    assert deleted.ruling in set(Ruling) - {Ruling.ABSENT, Ruling.THERE, Ruling.NOT_SENT}
    assert found.ruling in set(Ruling) - {Ruling.SUCCESS, Ruling.REFUSED, Ruling.NOT_SENT}
    if deleted.ruling is Ruling.SUCCESS:
        value = json.loads(body)
        assert (http_status, value["code"], value["data"]["status"]) == (200, 1000, "Success")
