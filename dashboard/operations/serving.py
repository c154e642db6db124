"""The web server: gunicorn manages its processes, waitress their connections.

waitress receives a whole request before a thread gets it, and buffers the answer: a slow client costs a socket and no
thread. This module adds what it lacks: deadlines, limits by path, and answers to HEAD.
"""

from __future__ import annotations

import copy
import os
import resource
import socket
import time
from collections.abc import Callable
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import MultiSocketServer, TcpWSGIServer, create_server
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge

from dashboard.pages import bodies, headers

THREADS = 8
HEAD_WITHIN = 15.0
"""Seconds until the head of a request must be complete."""
NEXT_WITHIN = 75.0
"""Seconds for which a connection stays open for its next request."""
CROWDED_WITHIN = 2.0
"""Seconds for a head, or for the next request, while most of the sockets are taken."""
PATIENCE, SLOWEST = 20.0, 4096
"""Bodies and answers may take `PATIENCE` seconds, and one more second for each `SLOWEST` bytes."""
LINGER = 10.0
"""Seconds in which further data of a refused client is read and dropped."""
LARGEST_HEAD = 32 * 1024
TIDY_EVERY = 1.0
"""Seconds between two checks for late clients."""
SOCKETS = 1000
"""The most connections of one process; unread data of each is on the disk."""
IN_MEMORY = 64 * 1024
"""Bytes of a body."""


class Received(HTTPRequestParser):
    """A request. One with a too long body goes to the application without it, so that it gets a usual answer."""

    adj: Any
    error: Any
    head_at: float
    too_large = False

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self.adj = copy.copy(self.adj)
        # waitress also refuses a body of exactly this length.
        shown = self.headers.get("COOKIE", ""), self.headers.get("AUTHORIZATION", "")
        self.adj.max_request_body_size = bodies.most(self.path, *shown) + 1
        self.head_at = time.monotonic()

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            self.close()
            self.error, self.body_rcv, self.too_large = None, None, True
            self.expect_continue, self.connection_close = False, True
            self.headers |= {"CONNECTION": "close", "CONTENT_LENGTH": "0"}
        return consumed

    @property
    def is_late(self) -> bool:
        """Whether its body takes too long."""
        passed = time.monotonic() - self.head_at
        return (passed - PATIENCE) * SLOWEST > int(self.body_bytes_received)


class Answering(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[bodies.REFUSED] = self.request.too_large
        return environ

    def finish(self) -> None:
        if self.request.command == "HEAD":
            self.write(b"")
            # A chunked answer would end with a last chunk.
            self.chunked_response = False
        super().finish()


class Unreadable(ErrorTask):
    """The answer to data that is not HTTP, which never reaches the application: it needs the strict headers too."""

    def execute(self) -> None:
        self.response_headers.extend(headers.strict().items())
        super().execute()


class Connection(HTTPChannel):
    parser_class = Received
    task_class = Answering
    error_task_class = Unreadable
    lingering_until: float | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        self.waiting_since = time.monotonic()
        """Since when it waits for the first byte of a request, or for the rest of its head."""
        self.served = False
        self.writing_since: float | None = None
        self.written = 0
        self.refused = False
        super().__init__(*args, **options)

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent: int = super().send(data, do_close)
        self.written += sent
        return sent

    def service(self) -> None:
        self.refused = self.refused or bool(self.requests and self.requests[0].too_large)
        super().service()
        self.waiting_since, self.served = time.monotonic(), True

    def is_late(self, *, crowded: bool) -> bool:
        """Whether its client takes too long, in the present phase of the connection."""
        now = time.monotonic()
        if self.lingering_until is not None:
            return now > self.lingering_until
        if self.total_outbufs_len:
            if self.writing_since is None:
                self.writing_since, self.written = now, 0
            return (now - self.writing_since - PATIENCE) * SLOWEST > self.written
        self.writing_since = None
        if self.requests:
            return False
        # A complete head is not late: it is the same loop that receives the rest and that asks this.
        if self.request is not None and self.request.headers_finished:
            return bool(self.request.is_late)
        within = NEXT_WITHIN if self.served and self.request is None else HEAD_WITHIN
        return now - self.waiting_since > (CROWDED_WITHIN if crowded else within)

    def drop(self) -> None:
        """Closes the connection at once; a thread that still writes to it gets an error."""
        self.lingering_until = 0.0
        self.handle_close()

    def readable(self) -> bool:
        return self.lingering_until is not None or bool(super().readable())

    def handle_read(self) -> None:
        if self.lingering_until is not None:
            self.recv(self.adj.recv_bytes)
            return
        if self.request is None:
            self.waiting_since = time.monotonic()
        super().handle_read()

    def handle_close(self) -> None:
        """Closes gently after a refusal: a client that is still sending would otherwise not see the answer."""
        if not self.refused or self.lingering_until is not None or not self.connected:
            super().handle_close()
            return
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            super().handle_close()
            return
        self.lingering_until = time.monotonic() + LINGER
        self.will_close = self.close_when_flushed = False


def build(
    application: Callable[..., Any], listeners: list[socket.socket], connections: dict[int, Any], *, most: int
) -> TcpWSGIServer | MultiSocketServer:
    """A server on listening sockets. Its loop turns over `connections`, which it fills with at most `most` of them."""
    server = create_server(
        _heads(application),
        map=connections,
        sockets=listeners,
        threads=THREADS,
        connection_limit=most,
        max_request_header_size=LARGEST_HEAD,
        inbuf_overflow=IN_MEMORY,
        asyncore_use_poll=True,
        # `client_address` decides whether to believe forwarded headers.
        clear_untrusted_proxy_headers=False,
        ident=None,
    )
    for one in list(connections.values()):
        if isinstance(one, TcpWSGIServer):
            one.channel_class = Connection
            # waitress's own rule for closing idle connections.
            one.maintenance = lambda now: None
    return server


def turning(connections: dict[int, Any], *, most: int) -> Callable[[], None]:
    """A function for one turn of the loop, which waits for a second at most.

    Late clients are dropped between two turns. In a turn the loop would still wait for the number of the closed socket,
    which the next connection gets, and would close that one.
    """
    tidy_at = 0.0

    def turn() -> None:
        nonlocal tidy_at
        wasyncore.loop(timeout=1, map=connections, use_poll=True, count=1)
        if (now := time.monotonic()) >= tidy_at:
            tidy_at = now + TIDY_EVERY
            _tidy(connections, most)

    return turn


def _heads(application: Callable[..., Any]) -> Callable[..., Any]:
    """Removes the body of answers to HEAD: the client would read it as the next request's answer."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        if hasattr(body, "close"):
            body.close()
        return []

    return answer


class Buffered(Worker):
    """One process of the web server. gunicorn starts and stops it, and replaces it when it hangs or dies."""

    def run(self) -> None:
        connections: dict[int, Any] = {}
        listeners = [listener.sock for listener in self.sockets]
        most = _most_sockets()
        server = build(self.wsgi, listeners, connections, most=most)
        turn = turning(connections, most=most)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            turn()
        # A new process can listen at once, and no client waits in the old one's queue.
        for one in list(connections.values()):
            if isinstance(one, TcpWSGIServer):
                wasyncore.dispatcher.close(one)
        end = time.monotonic() + self.cfg.graceful_timeout
        while _is_busy(connections) and time.monotonic() < end:
            self.notify()
            turn()
        server.task_dispatcher.shutdown(timeout=1)


def _tidy(connections: dict[int, Any], most: int) -> None:
    crowded = len(connections) > most / 2
    for one in list(connections.values()):
        if isinstance(one, Connection) and one.is_late(crowded=crowded):
            one.drop()


def _is_busy(connections: dict[int, Any]) -> bool:
    return any(isinstance(one, Connection) and (one.requests or one.total_outbufs_len) for one in connections.values())


def _most_sockets() -> int:
    """The most connections of one process; raises the process's own limit if possible."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SOCKETS + 200 if hard == resource.RLIM_INFINITY else min(hard, SOCKETS + 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted - 200
