"""One connection to the sandbox: routes, strictness, and how the bytes go out."""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from tensorslab_api.sandbox.answers import Answer, Ending, deleted, envelope, html, troubled
from tensorslab_api.sandbox.options import Missing
from tensorslab_api.sandbox.pictures import picture
from tensorslab_api.sandbox.scenes import describe
from tensorslab_api.sandbox.world import Call
from tensorslab_api.types import TaskKind

if TYPE_CHECKING:
    from tensorslab_api.sandbox.server import Server

ROUTES = {
    "/v1/images/deleteimagestask": ("delete", TaskKind.IMAGE),
    "/v1/video/deletevideotask": ("delete", TaskKind.VIDEO),
    "/v1/images/infobytaskid": ("look_up", TaskKind.IMAGE),
    "/v1/video/infobytaskid": ("look_up", TaskKind.VIDEO),
}
FIELDS = {
    ("delete", TaskKind.IMAGE): {"taskids", "uid"},
    ("delete", TaskKind.VIDEO): {"taskids"},
    ("look_up", TaskKind.IMAGE): {"taskid"},
    ("look_up", TaskKind.VIDEO): {"taskid", "moreTaskInfo"},
}
LONGEST_BODY = 4 * 1024 * 1024


class BadRequest(Exception):
    """The request does not keep the documents. Its text is the `msg` of the answer."""


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what matters is in the ledger."""

    def do_GET(self) -> None:
        """The ledger and the pictures."""
        self.read_body()
        url = urlsplit(self.path)
        if url.path == "/__ledger":
            brief = parse_qs(url.query).get("summary", ["0"]) != ["0"]
            ledger = self.server.world.summary() if brief else self.server.world.ledger()
            self.answer(Answer(http_status=200, body=json.dumps(ledger).encode()))
        elif url.path.startswith("/pictures/"):
            self.answer(self.picture(url.path))
        else:
            self.elsewhere(url.path)

    def do_POST(self) -> None:
        """The four documented calls, and the control."""
        body = self.read_body()
        path = urlsplit(self.path).path
        if path in ROUTES:
            self.documented(*ROUTES[path], body)
        elif path == "/__control":
            self.answer(self.control(body))
        else:
            self.elsewhere(path)

    def do_other(self) -> None:
        """No other method is documented."""
        self.read_body()
        self.elsewhere(urlsplit(self.path).path)

    do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_other  # noqa: N815 (the base class looks for these names)

    def elsewhere(self, path: str) -> None:
        """A wrong method, or a path that is none of ours: no envelope, as from a server in front of the provider."""
        if path in ROUTES:
            self.answer(html(405, "405 Method Not Allowed", Allow="POST"))
            return
        self.server.world.stray()
        self.answer(html(404, "404 Not Found"))

    def picture(self, path: str) -> Answer:
        """A deleted task keeps its picture: the register shows it on the tombstone."""
        kind, _, name = path.removeprefix("/pictures/").partition("/")
        if kind not in set(TaskKind) or not name.endswith(".png"):
            return html(404, "404 Not Found")
        drawn = picture(TaskKind(kind), unquote(name.removesuffix(".png")))
        caching = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Answer(http_status=200, body=drawn, content_type="image/png", headers=caching)

    def control(self, body: bytes) -> Answer:
        """Change the options, and answer with the summary."""
        # A web page can't send this type to another origin, so no page that someone happens to visit reaches it.
        if self.headers.get_content_type() != "application/json":
            return envelope(400, 9999, "Content-Type must be application/json")
        try:
            self.server.world.control(json.loads(body))
        except (ValueError, TypeError) as error:
            return envelope(400, 9999, str(error))
        return Answer(http_status=200, body=json.dumps(self.server.world.summary()).encode())

    def documented(self, operation: str, kind: TaskKind, body: bytes) -> None:
        """One of the four calls, from its entry in the ledger to its last byte."""
        world = self.server.world
        with world.call(operation, kind, len(body)) as call:
            answer = self.judged(call, kind, body)
            if answer.ending not in (Ending.RESET, Ending.HANG, Ending.DRIP):
                call.http_status = answer.http_status
                call.code = answer.content.get("code")
                call.status = (answer.content.get("data") or {}).get("status")
            self.answer(answer)

    def judged(self, call: Call, kind: TaskKind, body: bytes) -> Answer:
        """Check the request, do the work, and find the answer or the trouble."""
        world = self.server.world
        half = world.options.latency / 2
        if not self.authorized():
            return envelope(401, 9999, "Invalid API key")
        try:
            call.ids = self.ids(call.operation, kind, body)
        except BadRequest as bad:
            return envelope(400, 9999, str(bad))
        fault = world.next_fault(call.operation)
        call.fault = None if fault is None else f"{fault.trouble}:{'after' if fault.after else 'before'}"
        world.stopping.wait(half)
        if fault is not None and not fault.after:
            honest = envelope(200, 1000, "OK", {"status": "Success"} if call.operation == "delete" else {})
        elif call.operation == "delete":
            honest = deleted(world.delete(kind, call.ids, call), world.options)
        else:
            honest = self.looked_up(kind, call.ids[0])
        world.stopping.wait(half)
        return honest if fault is None else troubled(fault.trouble, honest, world.options, self.server.address)

    def looked_up(self, kind: TaskKind, task_id: str) -> Answer:
        """What it says of one id."""
        world = self.server.world
        if world.alive(kind, task_id):
            data = describe(kind, task_id, address=self.server.address, status=world.options.statuses.get(task_id))
            return envelope(200, 1000, "OK", data)
        if world.options.missing is Missing.CODE:
            return envelope(200, 9999, "Task does not exist", {})
        return envelope(404, 9999, "Task does not exist")

    def authorized(self) -> bool:
        """The documents show the bare key and `Bearer <key>`; both do."""
        given = self.headers.get("Authorization", "").strip()
        key = given.removeprefix("Bearer").strip()
        expected = self.server.world.options.api_key
        return bool(key) and (not expected or key == expected)

    def ids(self, operation: str, kind: TaskKind, body: bytes) -> list[str]:
        """The ids of the request, which keeps the documents to the letter."""
        if self.headers.get_content_type() != "application/json":
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

    def read_body(self) -> bytes:
        """The whole body, since what is left over would be read as the next request."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return b""
        return self.rfile.read(int(length))

    def answer(self, answer: Answer) -> None:
        """Send it, or end the connection as the answer says."""
        if answer.ending is Ending.RESET:
            # Closing with a linger of 0 sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        if answer.ending is Ending.HANG:
            self.hang()
            return
        self.send_response(answer.http_status)
        if answer.ending is Ending.DRIP:
            self.drip(lambda number: self.send_header(f"X-{number}", "drip"), self.flush_headers)
            return
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if answer.ending is Ending.DRIP_BODY:
            self.drip(lambda number: self.wfile.write(answer.body[number : number + 1]), self.wfile.flush)
            return
        truncated = answer.ending is Ending.TRUNCATED
        self.wfile.write(answer.body[: len(answer.body) // 2] if truncated else answer.body)
        self.close_connection = self.close_connection or truncated

    def hang(self) -> None:
        """Send nothing until `hang_seconds` are over or the client hangs up; then the connection closes."""
        self.close_connection = True
        end = time.monotonic() + self.server.world.options.hang_seconds
        while time.monotonic() < end and not self.server.world.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def drip(self, write: Callable[[int], object], flush: Callable[[], None]) -> None:
        """A little every 50 ms until `hang_seconds` are over; then the connection closes, unfinished."""
        self.close_connection = True
        end = time.monotonic() + self.server.world.options.hang_seconds
        number = 0
        while time.monotonic() < end and not self.server.world.stopping.wait(0.05):
            write(number)
            flush()
            self.wfile.flush()
            number += 1
