"""A sandbox that listens in: what it receives and sends, byte for byte, must keep the two OpenAPI documents."""

from __future__ import annotations

import http.client
import io
import json
import time
from collections.abc import Callable
from email.message import Message
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import requests
import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tensorslab_api import TaskKind
from tensorslab_api.sandbox import Options, Sandbox
from tensorslab_api.sandbox.answers import Answer
from tensorslab_api.sandbox.handler import ROUTES, Handler
from tensorslab_api.sandbox.world import Call, Known, everything


class Request:
    """One request in the form that openapi-core reads."""

    host_url = "https://api.tensorslab.com"

    def __init__(self, *, method: str, path: str, headers: Message, body: bytes) -> None:
        self.method = method.lower()
        self.path = path
        self.body = body
        self.content_type = headers.get("Content-Type", "")
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(), header=Headers(list(headers.items())), cookie=ImmutableMultiDict()
        )


class Response:
    """One response in the form that openapi-core reads, parsed from the bytes that went out."""

    def __init__(self, written: bytes) -> None:
        response = http.client.HTTPResponse(Wire(written))
        response.begin()
        self.status_code = response.status
        self.content_type = response.headers.get("Content-Type", "")
        self.headers = Headers(list(response.headers.items()))
        self.data = response.read()


class Wire:
    """Bytes where http.client expects a socket."""

    def __init__(self, written: bytes) -> None:
        self.written = written

    def makefile(self, mode: str) -> BinaryIO:
        return io.BytesIO(self.written)


class Tee:
    """Keeps a copy of all that is written through it."""

    def __init__(self, through: BinaryIO) -> None:
        self.through = through
        self.copy = bytearray()

    def write(self, written: bytes) -> int:
        self.copy += written
        return self.through.write(written)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.through, name)


@cache
def document(kind: TaskKind) -> OpenAPI:
    with files("tensorslab_api").joinpath("contract", f"{kind}.openapi.yaml").open(encoding="utf-8") as file:
        content = yaml.safe_load(file)
    for name, schema in content["components"]["schemas"].items():
        if name.endswith("Request"):
            # The provider may take unknown fields; we send none.
            schema["additionalProperties"] = False
    return OpenAPI.from_dict(content)


def envelope_of(response: Response) -> dict[str, Any]:
    """What every answer has, documented or not."""
    content: dict[str, Any] = json.loads(response.data)
    if not isinstance(content.get("code"), int) or not isinstance(content.get("msg"), str):
        raise OpenAPIError("There is no code, or no msg.")
    return content


class CheckedHandler(Handler):
    breaches: list[str]
    checked: list[str]

    def setup(self) -> None:
        super().setup()
        self.wfile = self.tee = Tee(self.wfile)

    def judged(self, call: Call, kind: TaskKind, body: bytes) -> Answer:
        self.call = call
        self.judgement = super().judged(call, kind, body)
        return self.judgement

    def documented(self, operation: str, kind: TaskKind, body: bytes) -> None:
        request = Request(method=self.command, path=self.path, headers=self.headers, body=body)
        self.check(f"{operation} {kind} request {body!r}", lambda: document(kind).validate_request(request))
        self.tee.copy.clear()
        super().documented(operation, kind, body)
        if self.call.fault is not None:
            # A fault breaks the documents on purpose.
            return
        response = Response(bytes(self.tee.copy))
        told = f"{operation} {kind} response {response.status_code} {response.data!r}"
        if self.judgement.in_documents:
            self.check(told, lambda: document(kind).validate_response(request, response))
        else:
            self.check(told, lambda: envelope_of(response))

    def check(self, told: str, validate: Callable[[], object]) -> None:
        self.checked.append(told)
        try:
            validate()
        except (OpenAPIError, ValueError) as error:
            self.breaches.append(f"{told}: {error} {error.__cause__}")


class CheckedSandbox(Sandbox):
    """Fails its test, when it stops, if anything on the wire broke the documents."""

    def __init__(
        self,
        options: Options | None = None,
        *,
        port: int = 0,
        ledger_file: Path | None = None,
        known: Known = everything,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.breaches: list[str] = []
        self.checked: list[str] = []
        lists = {"breaches": self.breaches, "checked": self.checked}
        self.handler = type("ListeningHandler", (CheckedHandler,), lists)
        super().__init__(options, port=port, ledger_file=ledger_file, known=known, clock=clock)

    def stop(self) -> None:
        super().stop()
        assert not self.breaches, "\n".join(self.breaches)


class Clock:
    """A sandbox's clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def ask_delete(
    sandbox: Sandbox, *ids: str, kind: TaskKind = TaskKind.IMAGE, key: str = "Bearer key"
) -> requests.Response:
    """A delete without the client, whose reading of answers is not at stake here."""
    return asked(sandbox, ("delete", kind), {"taskids": list(ids)}, key)


def ask_look_up(
    sandbox: Sandbox, task_id: str, kind: TaskKind = TaskKind.IMAGE, key: str = "Bearer key"
) -> requests.Response:
    """A look-up without the client."""
    return asked(sandbox, ("look_up", kind), {"taskid": task_id}, key)


def asked(sandbox: Sandbox, route: tuple[str, TaskKind], payload: dict[str, Any], key: str) -> requests.Response:
    path = next(path for path, meant in ROUTES.items() if meant == route)
    return requests.post(sandbox.url + path, json=payload, headers={"Authorization": key}, timeout=10)
