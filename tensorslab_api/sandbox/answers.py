"""The answers of the sandbox: the documented replies, and the troubles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from tensorslab_api.sandbox.decision import missing_words
from tensorslab_api.sandbox.faults import Trouble
from tensorslab_api.sandbox.options import Failure, Missing, Options

FAILED = {"delete": "Delete failed", "look_up": "Look-up failed"}
"""The message of a failure without a reason."""


class Ending(StrEnum):
    """How the bytes of an answer end."""

    WHOLE = "whole"
    RESET = "reset"
    HANG = "hang"
    DRIP = "drip"
    DRIP_BODY = "drip_body"
    TRUNCATED = "truncated"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One response: its content, and whether all of it is sent."""

    http_status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = Ending.WHOLE
    interim: int = 0
    """The status of an interim response that is sent first; 0 for none."""
    copies: int = 1
    """How often it is written."""
    in_documents: bool = True
    """False if it differs from the documents on purpose, other than by a fault."""

    @property
    def content(self) -> dict[str, Any]:
        """The JSON object in the body; empty if there is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def envelope(http_status: int, code: int, msg: str, data: object = None, **headers: str) -> Answer:
    """An answer in the provider's form. Without `data` if it is None."""
    content: dict[str, object] = {"code": code, "msg": msg}
    if data is not None:
        content["data"] = data
    named = {name.replace("_", "-").title(): value for name, value in headers.items() if value}
    return Answer(http_status=http_status, body=json.dumps(content).encode(), headers=named)


def html(http_status: int, title: str, **headers: str) -> Answer:
    """An HTML page of a server in front of the provider."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()
    return Answer(http_status=http_status, body=body, content_type="text/html", headers=headers)


def deleted(words: str | None, options: Options) -> Answer:
    """The answer to a delete: a failure with these words, or a success if they are None."""
    if words is None:
        return envelope(200, 1000, "Successfully", {"status": "Success"})
    if options.failure is Failure.HTTP:
        return envelope(400, 9999, words)
    return envelope(200, 9999 if options.failure is Failure.CODE else 1000, words, {"status": "Failed"})


def missing(task_id: str, options: Options) -> Answer:
    """The answer to a look-up of an id that is gone or never existed."""
    words = missing_words(task_id, options)
    if options.missing is Missing.CODE:
        return envelope(200, 9999, words, {})
    if options.missing is Missing.HTTP:
        return envelope(404, 9999, words)
    if options.missing is Missing.BAD_REQUEST:
        return replace(envelope(400, 9999, words), in_documents=False)
    body = json.dumps({"code": 1000, "msg": words, "data": None}).encode()
    return Answer(http_status=200, body=body, in_documents=False)


def undone(operation: str, words: str) -> Answer:
    """A well-formed failure of any call that is not about a task."""
    return envelope(200, 9999, words, {"status": "Failed"} if operation == "delete" else {})


def unauthorized() -> Answer:
    """HTTP 401, which the documents do not describe."""
    return replace(envelope(401, 9999, "Invalid API key"), in_documents=False)


def twofold(operation: str, honest: Answer) -> Answer:
    """A failure whose keys are repeated with the honest values; a JSON parser takes the last ones."""
    content = honest.content
    data: dict[str, Any] = content.get("data") or {}
    told = json.dumps(data)
    if operation == "delete":
        told = f'{{"status": "Failed", "status": {json.dumps(data.get("status", "Failed"))}}}'
    words, code = json.dumps(FAILED[operation]), json.dumps(content.get("code"))
    return Answer(http_status=200, body=f'{{"code": 9999, "msg": {words}, "data": {told}, "code": {code}}}'.encode())


def spoiled(trouble: Trouble, honest: Answer) -> Answer | None:
    """The honest answer, changed by the trouble; None if the trouble replaces it."""
    content = honest.content
    spoilt: dict[Trouble, dict[str, Any]] = {
        Trouble.RESET: {"ending": Ending.RESET},
        Trouble.HANG: {"ending": Ending.HANG},
        Trouble.DRIP: {"ending": Ending.DRIP},
        Trouble.DRIP_BODY: {"ending": Ending.DRIP_BODY},
        Trouble.TRUNCATED: {"ending": Ending.TRUNCATED},
        Trouble.PROCESSING: {"interim": 102},
        Trouble.EARLY_HINTS: {"interim": 103},
        Trouble.TWICE: {"copies": 2},
        Trouble.EMPTY: {"body": b""},
        Trouble.NULL_DATA: {"body": json.dumps({**content, "data": None}).encode()},
        Trouble.CODE_AS_TEXT: {"body": json.dumps({**content, "code": str(content.get("code"))}).encode()},
        Trouble.HUGE: {"body": b" " * 2 * 1024 * 1024 + honest.body},
    }
    changes = spoilt.get(trouble)
    return None if changes is None else replace(honest, **changes)


def troubled(trouble: Trouble, operation: str, honest: Answer, options: Options, address: str) -> Answer:
    """The answer with this trouble. Some troubles only change the honest answer, others replace it."""
    if answer := spoiled(trouble, honest):
        return answer
    words = FAILED[operation]
    answers = {
        Trouble.BUSY: envelope(429, 9999, "Too many requests", retry_after=options.retry_after),
        Trouble.SYSTEM_BUSY: undone(operation, "System busy, try again later"),
        Trouble.UNAUTHORIZED: unauthorized(),
        Trouble.FORBIDDEN: html(403, "403 Forbidden"),
        Trouble.NO_CREDITS: envelope(200, 9000, "Insufficient credits", {}),
        Trouble.FAILED: deleted(words, options) if operation == "delete" else undone(operation, words),
        Trouble.BROKEN: envelope(500, 9999, "Internal error"),
        Trouble.BAD_GATEWAY: html(502, "502 Bad Gateway"),
        Trouble.UNAVAILABLE: envelope(503, 9999, "Service unavailable", retry_after=options.retry_after),
        Trouble.GATEWAY_TIMEOUT: html(504, "504 Gateway Time-out"),
        Trouble.NOT_JSON: Answer(http_status=200, body=b"OK", content_type="text/plain"),
        Trouble.HTML_404: html(404, "404 Not Found"),
        Trouble.REDIRECT: html(302, "302 Found", Location=f"{address}/elsewhere"),
        Trouble.REPEATED_KEY: twofold(operation, honest),
    }
    return answers[trouble]
