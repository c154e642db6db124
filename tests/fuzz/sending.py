"""One request through the product's own WSGI application, as the web server hands it on, and nothing of it kept."""

from __future__ import annotations

import io
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction

from dashboard.wsgi import application
from tests.conftest import Person

TOKEN = "t" * 32
"""Against forgery: in the cookie as in the header."""
STRIDE = 1000


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = "application/x-www-form-urlencoded"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: str = ""
    """Behind the session's and the token's; of one name the last counts."""


@dataclass(kw_only=True)
class Work:
    """What a request had the database do."""

    statements: list[str] = field(default_factory=list)
    steps: int = 0
    """Of SQLite's virtual machine: about one for each value that is read or compared, whatever the machine."""

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        self.statements.append(sql)
        return execute(sql, params, many, context)

    def step(self) -> int:
        self.steps += STRIDE
        return 0


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    location: str
    body: bytes
    is_export: bool
    work: Work
    seconds: float


@contextmanager
def connection_kept() -> Iterator[None]:
    """A request does not end the connection, on which the test's own transaction is."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def send(person: Person, request: Request) -> Answer:
    answered: list[tuple[str, list[tuple[str, str]]]] = []
    began = time.perf_counter()
    with connection_kept(), _measured() as work, transaction.atomic():
        response = application(_environ(person, request), lambda status, headers: answered.append((status, headers)))
        body = b"".join(response)
        response.close()
        transaction.set_rollback(True)
    [(status, headers)] = answered
    return Answer(
        status=int(status[:3]),
        location=dict(headers).get("Location", ""),
        body=body,
        is_export=response.streaming,
        work=work,
        seconds=time.perf_counter() - began,
    )


@contextmanager
def _measured() -> Iterator[Work]:
    work = Work()
    raw = connection.connection
    with connection.execute_wrapper(work.note):
        if not isinstance(raw, sqlite3.Connection):
            yield work
            return
        raw.set_progress_handler(work.step, STRIDE)
        try:
            yield work
        finally:
            raw.set_progress_handler(None, STRIDE)


def _environ(person: Person, request: Request) -> dict[str, Any]:
    session = person.cookies["sessionid"].value
    headers = {"Host": "localhost", "X-CSRFToken": TOKEN, "Authorization": f"Bearer {person.token}"} | request.headers
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.content_type,
        "CONTENT_LENGTH": str(len(request.body)),
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "HTTP_COOKIE": f"sessionid={session}; csrftoken={TOKEN}; {request.cookies}",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
