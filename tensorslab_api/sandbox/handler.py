"""One connection to the sandbox: routes, strict checks, and how the bytes are sent."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tensorslab_api.sandbox.answers import (
    Answer,
    Ending,
    deleted,
    envelope,
    html,
    missing,
    troubled,
    unauthorized,
    undone,
)
from tensorslab_api.sandbox.faults import Fault, When
from tensorslab_api.sandbox.options import Echo
from tensorslab_api.sandbox.question import BadRequest, asked
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
LONGEST_BODY = 4 * 1024 * 1024
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def leads_to(hosts: set[str], address: str) -> bool:
    """Whether the host of an address, such as `//127.0.0.1:8001`, is one of these."""
    try:
        return urlsplit(address).hostname in hosts
    except ValueError:
        return False


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing, because the ledger has all calls."""

    def parse_request(self) -> bool:
        """Refuses requests that a foreign web page makes a browser send: under another host name or from its origin."""
        if not super().parse_request():
            return False
        ours = {self.server.server_name, *LOOPBACK}
        asked = [f"//{self.headers.get('Host') or '127.0.0.1'}", self.headers.get("Origin") or "//127.0.0.1"]
        if all(leads_to(ours, address) for address in asked):
            return True
        self.close_connection = True
        self.send_error(421)
        return False

    def do_GET(self) -> None:
        """The ledger."""
        self.read_body()
        url = urlsplit(self.path)
        if url.path == "/__ledger":
            brief = parse_qs(url.query).get("summary", ["0"]) != ["0"]
            ledger = self.server.world.summary() if brief else self.server.world.ledger()
            self.answer(Answer(http_status=200, body=json.dumps(ledger).encode()))
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
        """Refuses other methods, which are not documented."""
        self.read_body()
        self.elsewhere(urlsplit(self.path).path)

    do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_other  # noqa: N815 (the base class looks for these names)

    def elsewhere(self, path: str) -> None:
        """Answers a wrong method or an unknown path like a server in front of the provider, without an envelope."""
        if path in ROUTES:
            self.answer(html(405, "405 Method Not Allowed", Allow="POST"))
            return
        self.server.world.stray()
        self.answer(html(404, "404 Not Found"))

    def control(self, body: bytes) -> Answer:
        """Changes the options, and answers with the summary."""
        # A web page can't send this content type to another origin, so no foreign page can change the options.
        if self.headers.get_content_type() != "application/json":
            return envelope(400, 9999, "Content-Type must be application/json")
        try:
            self.server.world.control(json.loads(body))
        except (ValueError, TypeError) as error:
            return envelope(400, 9999, str(error))
        return Answer(http_status=200, body=json.dumps(self.server.world.summary()).encode())

    def documented(self, operation: str, kind: TaskKind, body: bytes) -> None:
        """Handles one of the four calls, from its entry in the ledger to the last byte of its answer."""
        world = self.server.world
        with world.call(operation, kind, len(body)) as call:
            answer = self.judged(call, kind, body)
            if answer.ending not in (Ending.RESET, Ending.HANG, Ending.DRIP):
                call.http_status = answer.http_status
                call.code = answer.content.get("code")
                call.status = (answer.content.get("data") or {}).get("status")
            self.answer(answer)

    def judged(self, call: Call, kind: TaskKind, body: bytes) -> Answer:
        """Checks the request, does the work, and returns the answer or the trouble."""
        world, began = self.server.world, time.monotonic()
        if words := world.options.maintenance:
            with contextlib.suppress(BadRequest):
                call.ids = self.asked(call.operation, kind, body)
            return undone(call.operation, words)
        if not self.authorized(call):
            return unauthorized()
        try:
            call.ids = self.asked(call.operation, kind, body)
        except BadRequest as bad:
            return envelope(400, 9999, str(bad))
        fault = world.next_fault(call.operation)
        call.fault = None if fault is None else f"{fault.trouble}:{fault.when}"
        own = world.options.look_up_latency if call.operation == "look_up" else 0
        latency = own or world.options.latency
        world.stopping.wait(began + latency / 2 - time.monotonic())
        honest = self.worked(call, kind, fault)
        world.stopping.wait(began + latency - time.monotonic())
        if fault is None:
            return honest
        return troubled(fault.trouble, call.operation, honest, world.options, self.server.address)

    def asked(self, operation: str, kind: TaskKind, body: bytes) -> list[str]:
        """The ids of the request. Raises BadRequest."""
        return asked(operation, kind, self.headers.get_content_type(), body)

    def worked(self, call: Call, kind: TaskKind, fault: Fault | None) -> Answer:
        """Does the work, unless a fault comes before it, and returns the honest answer."""
        world = self.server.world
        if call.operation == "look_up":
            return self.looked_up(call, kind, call.ids[0])
        if fault is not None and fault.when is When.BEFORE:
            return deleted(None, world.options)
        late = fault is not None and fault.when is When.LATE
        return deleted(world.delete(kind, call.ids, call, late=late), world.options)

    def looked_up(self, call: Call, kind: TaskKind, task_id: str) -> Answer:
        """The honest answer about one id."""
        world = self.server.world
        if call.foreign or not world.seen(kind, task_id):
            return missing(task_id, world.options)
        data = describe(kind, task_id, address=self.server.media, status=world.options.statuses.get(task_id))
        cases = {Echo.SAME: task_id, Echo.UPPER: task_id.upper(), Echo.LOWER: task_id.lower()}
        return envelope(200, 1000, "OK", {**data, "taskid": cases[world.options.echo]})

    def authorized(self, call: Call) -> bool:
        """Whether the key is right. The documents show the bare key and `Bearer <key>`; both are accepted."""
        given = self.headers.get("Authorization", "").strip()
        key = given.removeprefix("Bearer").strip()
        options = self.server.world.options
        call.foreign = bool(key) and key in options.foreign_keys
        return call.foreign or (bool(key) and options.api_key in ("", key))

    def read_body(self) -> bytes:
        """The whole body; unread bytes would be taken for the next request."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return b""
        return self.rfile.read(int(length))

    def answer(self, answer: Answer) -> None:
        """Sends the answer, or ends the connection as the answer says."""
        if answer.ending is Ending.RESET:
            # Closing with a linger of 0 sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif answer.ending is Ending.HANG:
            self.hang()
        elif answer.ending is Ending.DRIP:
            self.send_response(answer.http_status)
            self.drip(lambda number: self.send_header(f"X-{number}", "drip"), self.flush_headers)
        else:
            if answer.interim:
                self.send_response_only(answer.interim)
                self.send_header("Link", "</>; rel=preconnect")
                self.end_headers()
                self.wfile.flush()
            for _ in range(answer.copies):
                self.write(answer)

    def write(self, answer: Answer) -> None:
        """Writes one response, from its first line to the end of its body."""
        self.send_response(answer.http_status)
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
        """Sends nothing until `hang_seconds` are over or the client closes; then closes the connection."""
        self.close_connection = True
        end = time.monotonic() + self.server.world.options.hang_seconds
        while time.monotonic() < end and not self.server.world.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def drip(self, write: Callable[[int], object], flush: Callable[[], None]) -> None:
        """Sends a little every 50 ms until `hang_seconds` are over; then closes the connection, unfinished."""
        self.close_connection = True
        end = time.monotonic() + self.server.world.options.hang_seconds
        number = 0
        while time.monotonic() < end and not self.server.world.stopping.wait(0.05):
            write(number)
            flush()
            self.wfile.flush()
            number += 1
