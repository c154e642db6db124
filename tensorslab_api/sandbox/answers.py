"""What the sandbox can answer: the documented replies, and the troubles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from tensorslab_api.sandbox.options import Failure, Options, Trouble


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
    """One response: what is in it, and whether all of it goes out."""

    http_status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = Ending.WHOLE

    @property
    def content(self) -> dict[str, Any]:
        """The JSON object in the body; empty when there is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def envelope(http_status: int, code: int, msg: str, data: object = None, **headers: str) -> Answer:
    """The provider's own form. `data` is left out when None."""
    content: dict[str, object] = {"code": code, "msg": msg}
    if data is not None:
        content["data"] = data
    named = {name.replace("_", "-").title(): value for name, value in headers.items() if value}
    return Answer(http_status=http_status, body=json.dumps(content).encode(), headers=named)


def html(http_status: int, title: str, **headers: str) -> Answer:
    """A page of some server in front of the provider."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()
    return Answer(http_status=http_status, body=body, content_type="text/html", headers=headers)


def deleted(words: str | None, options: Options) -> Answer:
    """The answer to a delete that failed with these words, or succeeded."""
    if words is None:
        return envelope(200, 1000, "Successfully", {"status": "Success"})
    if options.failure is Failure.HTTP:
        return envelope(400, 9999, words)
    return envelope(200, 9999 if options.failure is Failure.CODE else 1000, words, {"status": "Failed"})


def troubled(trouble: Trouble, honest: Answer, options: Options, address: str) -> Answer:
    """What is sent instead of the honest answer, which some troubles only spoil."""
    content = honest.content
    endings = {
        Trouble.RESET: Ending.RESET,
        Trouble.HANG: Ending.HANG,
        Trouble.DRIP: Ending.DRIP,
        Trouble.DRIP_BODY: Ending.DRIP_BODY,
        Trouble.TRUNCATED: Ending.TRUNCATED,
    }
    if ending := endings.get(trouble):
        return replace(honest, ending=ending)
    answers = {
        Trouble.BUSY: envelope(429, 9999, "Too many requests", retry_after=options.retry_after),
        Trouble.UNAUTHORIZED: envelope(401, 9999, "Invalid API key"),
        Trouble.FORBIDDEN: html(403, "403 Forbidden"),
        Trouble.NO_CREDITS: envelope(200, 9000, "Insufficient credits", {}),
        Trouble.BROKEN: envelope(500, 9999, "Internal error"),
        Trouble.BAD_GATEWAY: html(502, "502 Bad Gateway"),
        Trouble.UNAVAILABLE: envelope(503, 9999, "Service unavailable", retry_after=options.retry_after),
        Trouble.EMPTY: replace(honest, body=b""),
        Trouble.NOT_JSON: Answer(http_status=200, body=b"OK", content_type="text/plain"),
        Trouble.NULL_DATA: replace(honest, body=json.dumps({**content, "data": None}).encode()),
        Trouble.CODE_AS_TEXT: replace(honest, body=json.dumps({**content, "code": str(content.get("code"))}).encode()),
        Trouble.HTML_404: html(404, "404 Not Found"),
        Trouble.REDIRECT: html(302, "302 Found", Location=f"{address}/elsewhere"),
        Trouble.HUGE: replace(honest, body=b" " * 2 * 1024 * 1024 + honest.body),
    }
    return answers[trouble]
