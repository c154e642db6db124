"""Checks the request of a documented call strictly against the documents."""

from __future__ import annotations

import json

from tensorslab_api.types import TaskKind

FIELDS = {
    ("delete", TaskKind.IMAGE): {"taskids", "uid"},
    ("delete", TaskKind.VIDEO): {"taskids"},
    ("look_up", TaskKind.IMAGE): {"taskid"},
    ("look_up", TaskKind.VIDEO): {"taskid", "moreTaskInfo"},
}


class BadRequest(Exception):
    """The request breaks the documents. The text is the `msg` of the answer."""


def asked(operation: str, kind: TaskKind, content_type: str, body: bytes) -> list[str]:
    """The ids of the request. Raises BadRequest if it differs from the documents in any way."""
    if content_type != "application/json":
        raise BadRequest("Content-Type must be application/json")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON") from error
    if not isinstance(content, dict):
        raise BadRequest("The body is not an object")
    name = "taskids" if operation == "delete" else "taskid"
    if name not in content:
        raise BadRequest(f"Delete failed, error info: missing {name} parameter")
    if set(content) - FIELDS[operation, kind]:
        raise BadRequest("Unknown parameter")
    if not isinstance(content.get("uid", ""), str):
        raise BadRequest("uid must be a string")
    ids = content[name] if operation == "delete" else [content[name]]
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and one.strip() for one in ids):
        raise BadRequest(f"{name} must hold non-empty strings")
    if len(set(ids)) != len(ids):
        raise BadRequest(f"{name} holds a duplicate")
    return ids
