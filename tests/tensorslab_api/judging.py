"""Answers of the provider, and what the client makes of them."""

from __future__ import annotations

import json

from tensorslab_api import TaskKind, Verdict, judge_delete, judge_look_up
from tensorslab_api.replies import delete_reply, look_up_reply

SUCCESS = {"code": 1000, "msg": "Successfully", "data": {"status": "Success"}}
FAILED = {"code": 1000, "msg": "Nope", "data": {"status": "Failed"}}
FAILURE = {"code": 9999, "msg": "Nope"}
CREDITS = {"code": 9000, "msg": "No credits"}
THERE = {"code": 1000, "msg": "OK", "data": {"taskid": "a", "image_status": 3}}
HTML = b"<html><h1>Not Found</h1></html>"


def body_of(content: object) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def delete(http_status: int, content: object, retry_after: str | None = None) -> Verdict:
    return judge_delete(delete_reply(http_status=http_status, body=body_of(content), retry_after=retry_after))


def look_up(http_status: int, content: object, retry_after: str | None = None, task_id: str = "a") -> Verdict:
    body = body_of(content)
    return judge_look_up(
        look_up_reply(http_status=http_status, body=body, retry_after=retry_after, kind=TaskKind.IMAGE, task_id=task_id)
    )
