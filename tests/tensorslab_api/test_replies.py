from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorslab_api import Ruling, TaskKind, TaskStatus, judge_delete, judge_look_up
from tensorslab_api.replies import delete_reply, look_up_reply, read_retry_after
from tensorslab_api.types import TaskInfo


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
    deleted = judge_delete(delete_reply(http_status=http_status, body=body, retry_after=retry_after))
    looked_up = judge_look_up(
        look_up_reply(http_status=http_status, body=body, retry_after=retry_after, kind=TaskKind.VIDEO, task_id="a")
    )
    assert deleted.ruling in set(Ruling) - {Ruling.GONE, Ruling.THERE, Ruling.NOT_SENT}
    assert looked_up.ruling in set(Ruling) - {Ruling.SUCCESS, Ruling.REFUSED, Ruling.NOT_SENT}
    if deleted.ruling is Ruling.SUCCESS:
        value = json.loads(body)
        assert (http_status, value["code"], value["data"]["status"]) == (200, 1000, "Success")
