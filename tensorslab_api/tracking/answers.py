"""From an answer of TensorsLab to the task that it tells of, in the words of `POST /api/tasks/`.

Look-ups are those of the two documents in `contract/`. Those restate no generation call; the vendor's reference has
them: `POST /v1/images/<model>` and `POST /v1/video/<model>`, with the fields `prompt`, `category`, `resolution` and
`duration` as multipart/form-data, and `{"code": 1000, "msg": …, "data": {"taskid": …}}` for an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from tensorslab_api.replies import look_up_reply, positive, read_envelope, text
from tensorslab_api.texts import LONGEST_PROMPT
from tensorslab_api.types import TaskKind, TaskStatus

Task = dict[str, Any]
"""`kind` and `task_id`, and any of `status`, `model`, `prompt`, `url` (a list), `created_at`, `starttime`, `width`,
`height` (pixels), `duration` (seconds) and `error`. What is not known is not there."""

KINDS = {"images": TaskKind.IMAGE, "video": TaskKind.VIDEO}
CALL = re.compile(r"/v1/(images|video)/([\w.-]{1,100})/?", re.ASCII)
LOOK_UP = "infobytaskid"
DELETES = {"deleteimagestask", "deletevideotask"}
SIZE = re.compile(r"(\d{1,5})\s*[x*×]\s*(\d{1,5})", re.ASCII)
BOUNDARY = re.compile(r'\bboundary="?([^";,\s]+)')
FIELD_NAME = re.compile(rb'\bname="(\w{1,30})"')

MOST_READ = 64 * 1024
"""Bytes of a request in which its fields are looked for. Pictures come after them."""
LONGEST_ANSWER = 1024 * 1024
"""Bytes. No documented answer is nearly as long."""
LONGEST_DURATION = 1_000_000
SHORTEST_KEY = 8


def call_of(request: requests.PreparedRequest, *, api_url: str) -> tuple[TaskKind, str] | None:
    """The kind, and the last part of the path: a model, or the name of another call. None if it is none of these."""
    if request.method != "POST" or not request.url:
        return None
    ours, theirs = urlsplit(api_url), urlsplit(request.url)
    if theirs.netloc.rpartition("@")[2].casefold() != ours.netloc.casefold():
        return None
    found = CALL.fullmatch(theirs.path.removeprefix(ours.path.rstrip("/")))
    return (KINDS[found[1]], found[2]) if found and found[2] not in DELETES else None


def read(response: requests.Response, *, api_url: str, now: datetime) -> Task | None:
    """The task that a generation or a look-up tells of; None if it is no such call, or tells of none.

    `response` must have been received completely, and is only read. The key that the request was sent with is in no
    text of the task, even if TensorsLab repeats it.
    """
    call = call_of(response.request, api_url=api_url)
    if call is None or response.status_code != 200 or len(response.content) > LONGEST_ANSWER:
        return None
    kind, name = call
    redact = _redaction(response.request)
    if name == LOOK_UP:
        return _looked_up(response, kind=kind, redact=redact)
    return _accepted(response, kind=kind, model=name, redact=redact, now=now)


def _accepted(
    response: requests.Response, *, kind: TaskKind, model: str, redact: Callable[[str], str], now: datetime
) -> Task | None:
    envelope = read_envelope(response.content, redact)
    data = envelope.get("data") if envelope and envelope["code"] == 1000 else None
    task_id = data.get("taskid") if isinstance(data, dict) else None
    if not isinstance(task_id, str) or not task_id.strip():
        return None
    asked = _fields(response.request)
    image = kind is TaskKind.IMAGE
    size = SIZE.fullmatch(asked.get("resolution", "").strip()) if image else None
    task = {
        "kind": kind.value,
        "task_id": task_id,
        "model": text(redact(asked.get("category") or model), 100),
        "prompt": text(redact(asked.get("prompt", "")), LONGEST_PROMPT),
        "created_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "width": positive(int(size[1])) if size else None,
        "height": positive(int(size[2])) if size else None,
        "duration": None if image else _seconds(asked.get("duration", "")),
    }
    return _known(task)


def _looked_up(response: requests.Response, *, kind: TaskKind, redact: Callable[[str], str]) -> Task | None:
    task_id = _fields(response.request).get("taskid", "")
    reply = look_up_reply(
        http_status=200, body=response.content, retry_after=None, kind=kind, task_id=task_id, redact=redact
    )
    # That it tells of no task proves nothing: see `verdict`.
    if reply.code != 1000 or reply.info is None or not task_id.strip():
        return None
    info = reply.info
    task = {
        "kind": kind.value,
        "task_id": task_id,
        "status": "" if info.status is TaskStatus.UNKNOWN else info.status.value,
        "model": info.model,
        "prompt": info.prompt,
        "url": [url for url in info.urls if _is_web_address(url)],
        "starttime": info.created_raw,
        "width": info.width,
        "height": info.height,
        "duration": info.duration,
        "error": info.error,
    }
    return _known(task)


def _known(task: Mapping[str, object]) -> Task:
    return {name: value for name, value in task.items() if value not in (None, "", [])}


def _fields(request: requests.PreparedRequest) -> dict[str, str]:
    """The fields in the beginning of a request's body. A body that is a stream is not read."""
    body: Any = request.body
    if not isinstance(body, str | bytes):
        return {}
    head = body[:MOST_READ]
    head = head.encode(errors="replace") if isinstance(head, str) else head
    kind, _, options = str(request.headers.get("Content-Type", "")).partition(";")
    match kind.strip().lower():
        case "multipart/form-data":
            return _parts(head, options)
        case "application/x-www-form-urlencoded":
            return dict(parse_qsl(head.decode(errors="replace")))
        case _:
            return _json_fields(head)


def _json_fields(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    fields = value.items() if isinstance(value, dict) else ()
    return {name: str(value) for name, value in fields if isinstance(value, str | int | float)}


def _parts(head: bytes, options: str) -> dict[str, str]:
    boundary = BOUNDARY.search(options)
    if boundary is None:
        return {}
    found: dict[str, str] = {}
    # The last piece ends the body, or is cut off.
    for part in head.split(b"--" + boundary[1].encode())[1:-1]:
        headers, _, content = part.partition(b"\r\n\r\n")
        name = FIELD_NAME.search(headers)
        if name and b"filename" not in headers:
            found[name[1].decode()] = content.removesuffix(b"\r\n").decode(errors="replace")
    return found


def _seconds(words: str) -> float | None:
    try:
        seconds = float(words)
    except ValueError:
        return None
    return seconds if 0 < seconds <= LONGEST_DURATION else None


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _redaction(request: requests.PreparedRequest) -> Callable[[str], str]:
    given: Any = request.headers.get("Authorization") or ""
    words = (given.decode("latin-1") if isinstance(given, bytes) else given).split()
    # A key this short is no secret, and would match parts of ordinary words.
    key = words[-1] if words and len(words[-1]) >= SHORTEST_KEY else ""
    return (lambda said: said.replace(key, "[API key]")) if key else str
