"""From an HTTP status, headers and bytes to a typed reply. No answer of the provider makes these functions raise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tensorslab_api.texts import LONGEST_PROMPT, LONGEST_TEXT, LONGEST_URL, MOST_URLS, cut
from tensorslab_api.types import DeleteReply, LookUpReply, TaskInfo, TaskKind, TaskStatus

IMAGE_STATUSES = {1: TaskStatus.QUEUED, 2: TaskStatus.PROCESSING, 3: TaskStatus.COMPLETED, 4: TaskStatus.FAILED}
VIDEO_STATUSES = {**IMAGE_STATUSES, 5: TaskStatus.UPLOADING}

LARGEST = 2**31 - 1
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def delete_reply(
    *, http_status: int, body: bytes, retry_after: str | None, redact: Callable[[str], str] = str
) -> DeleteReply:
    """Reads the answer to a delete (`Delete…TasksResponse` or `ErrorResponse`). `redact` is applied to every text."""
    envelope = read_envelope(body, redact)
    rest = read_retry_after(retry_after)
    if envelope is None:
        return DeleteReply(http_status=http_status, well_formed=False, retry_after=rest)
    data = envelope.get("data")
    status = data.get("status") if isinstance(data, dict) else None
    return DeleteReply(
        http_status=http_status,
        well_formed=True,
        code=envelope["code"],
        message=text(envelope["msg"]),
        retry_after=rest,
        status=text(status, 200) if isinstance(status, str) else None,
    )


def look_up_reply(
    *,
    http_status: int,
    body: bytes,
    retry_after: str | None,
    kind: TaskKind,
    task_id: str,
    redact: Callable[[str], str] = str,
) -> LookUpReply:
    """Reads a look-up's answer (`ImageInfoResponse`, `VideoInfoResponse`, `ErrorResponse`), texts by `redact`."""
    envelope = read_envelope(body, redact)
    rest = read_retry_after(retry_after)
    if envelope is None:
        return LookUpReply(http_status=http_status, well_formed=False, retry_after=rest, task_id=task_id)
    data = envelope.get("data")
    if not isinstance(data, dict):
        data = {}
    if is_of_another(data, task_id):
        # An answer about another task says nothing about this one.
        return LookUpReply(http_status=http_status, well_formed=False, retry_after=rest, task_id=task_id)
    return LookUpReply(
        http_status=http_status,
        well_formed=True,
        task_id=task_id,
        code=envelope["code"],
        message=text(envelope["msg"]),
        retry_after=rest,
        info=read_info(data, kind=kind, task_id=task_id) if describes_a_task(data) else None,
    )


def is_of_another(data: dict[str, Any], task_id: str) -> bool:
    """Whether it names another task than the requested one. Some services change the letter case of ids."""
    named = data.get("taskid")
    if named in (None, ""):
        return False
    return not isinstance(named, str) or named.casefold() != task_id.casefold()


def describes_a_task(data: dict[str, Any]) -> bool:
    """Whether it describes a task. The id alone is what we sent, and 0 and false are values of an empty record."""
    return any(value for name, value in data.items() if name != "taskid")


def read_envelope(body: bytes, redact: Callable[[str], str]) -> dict[str, Any] | None:
    """The JSON object with an integer `code` and a text `msg`; None if the body is anything else."""
    try:
        value = redacted(json.loads(body, object_pairs_hook=without_repetition), redact)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or number(value.get("code")) is None or not isinstance(value.get("msg"), str):
        return None
    return value


def redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redacted(item, redact) for item in value]
    return {name: redacted(item, redact) for name, item in value.items()} if isinstance(value, dict) else value


def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError for a repeated key, because JSON does not define which of its values counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A key is there twice.")
    return found


def read_info(data: dict[str, Any], *, kind: TaskKind, task_id: str) -> TaskInfo:
    """Reads `ImageInfoData` or `VideoInfoData`; a field of the wrong type counts as absent."""
    image = kind is TaskKind.IMAGE
    status = number(data.get("image_status" if image else "task_status"))
    return TaskInfo(
        kind=kind,
        task_id=task_id,
        status=(IMAGE_STATUSES if image else VIDEO_STATUSES).get(status or 0, TaskStatus.UNKNOWN),
        model=text(data.get("category" if image else "source"), 100),
        prompt=text(data.get("prompt"), LONGEST_PROMPT),
        urls=addresses(data.get("url")),
        width=positive(data.get("width")) if image else None,
        height=positive(data.get("height")) if image else None,
        duration=None if image else positive(data.get("duration")),
        created_raw=text(data.get("starttime"), 64) if image else "",
        error=text(data.get("error_message" if image else "message")),
    )


def read_retry_after(header: str | None) -> float | None:
    """Seconds from now: the header has a number of them, or an HTTP date. None if it is absent or unreadable."""
    if header is None:
        return None
    header = header.strip()
    if re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,9})?", header):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None


def text(value: object, limit: int = LONGEST_TEXT) -> str:
    """A text that any database can store; empty if the value is not a text."""
    return UNSTORABLE.sub("�", cut(value, limit)) if isinstance(value, str) else ""


def addresses(value: object) -> tuple[str, ...]:
    """The texts of a list that are not longer than `LONGEST_URL`, at most `MOST_URLS` of them."""
    found = [url for url in value if isinstance(url, str)] if isinstance(value, list) else []
    return tuple(text(url, LONGEST_URL) for url in found if len(url) <= LONGEST_URL)[:MOST_URLS]


def number(value: object) -> int | None:
    """An integer that any database can store, else None. JSON's true is not 1."""
    return value if isinstance(value, int) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST else None


def positive(value: object) -> int | None:
    """An integer above 0, else None."""
    found = number(value)
    return found if found is not None and found > 0 else None
