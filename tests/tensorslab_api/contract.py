"""A sandbox that listens in: what it receives and sends, byte for byte, must keep the two OpenAPI documents."""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable
from email.message import Message
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tensorslab_api import TaskKind
from tensorslab_api.sandbox import Options, Sandbox
from tensorslab_api.sandbox.answers import Answer
from tensorslab_api.sandbox.handler import Handler
from tensorslab_api.sandbox.world import Call


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


class CheckedHandler(Handler):
    breaches: list[str]
    checked: list[str]

    def setup(self) -> None:
        super().setup()
        self.wfile = self.tee = Tee(self.wfile)

    def judged(self, call: Call, kind: TaskKind, body: bytes) -> Answer:
        self.call = call
        return super().judged(call, kind, body)

    def documented(self, operation: str, kind: TaskKind, body: bytes) -> None:
        request = Request(method=self.command, path=self.path, headers=self.headers, body=body)
        self.check(f"{operation} {kind} request {body!r}", lambda: document(kind).validate_request(request))
        self.tee.copy.clear()
        super().documented(operation, kind, body)
        if self.call.fault is None and self.call.http_status != 401:
            # A fault breaks the documents on purpose, and they describe no authentication failure.
            response = Response(bytes(self.tee.copy))
            told = f"{operation} {kind} response {response.status_code} {response.data!r}"
            self.check(told, lambda: document(kind).validate_response(request, response))

    def check(self, told: str, validate: Callable[[], None]) -> None:
        self.checked.append(told)
        try:
            validate()
        except OpenAPIError as error:
            self.breaches.append(f"{told}: {error} {error.__cause__}")


class CheckedSandbox(Sandbox):
    """Fails its test, when it stops, if anything on the wire broke the documents."""

    def __init__(self, options: Options | None = None, *, port: int = 0, ledger_file: Path | None = None) -> None:
        self.breaches: list[str] = []
        self.checked: list[str] = []
        lists = {"breaches": self.breaches, "checked": self.checked}
        self.handler = type("ListeningHandler", (CheckedHandler,), lists)
        super().__init__(options, port=port, ledger_file=ledger_file)

    def stop(self) -> None:
        super().stop()
        assert not self.breaches, "\n".join(self.breaches)
