"""The web server with clients that are slow, silent or want too much: raw sockets, and deadlines made short."""

from __future__ import annotations

import http.client
import select
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from django.core.wsgi import get_wsgi_application
from waitress import wasyncore

from dashboard.operations import serving
from dashboard.pages import bodies
from tests.pages.strict import lacking

Connect = Callable[[], socket.socket]
PIECE = b"x" * 65_536
HEAD = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\n"
ENDLESS = 4000
"""Pieces of an answer that nobody could keep in memory."""


def application(environ, start_response):
    """What is asked for, and how long the body was; `/endless` goes on for long; Django for everything else.

    `/broken` fails where Django can't answer for it.
    """
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError
    if environ["PATH_INFO"] == "/endless":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (PIECE for _ in range(ENDLESS))
    if environ["PATH_INFO"] == "/echo":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(len(environ["wsgi.input"].read())).encode()]
    return DJANGO(environ, start_response)


DJANGO = get_wsgi_application()


@pytest.fixture
def connect() -> Iterator[Connect]:
    """`connect()`: a new connection to the server, which runs in a thread of this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    connections: dict[int, object] = {}
    server = serving.build(application, [listener], connections, most=500)
    turn = serving.turning(connections, most=500)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            turn()

    thread = threading.Thread(target=serve)
    thread.start()
    clients: list[socket.socket] = []

    def connect() -> socket.socket:
        clients.append(socket.create_connection(listener.getsockname(), timeout=20))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()
    over.set()
    thread.join()
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(connections)


def answer(client: socket.socket) -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(client)
    response.begin()
    return response


def asked(connect: Connect, path: str = "/healthz") -> int:
    client = connect()
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return answer(client).status


def is_closed(client: socket.socket) -> bool:
    """Waits for the other side to close; False when it sends something first."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"GET / HT",
        HEAD + b"Content-Length: 1000\r\n\r\nuser",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nuse",
    ],
    ids=["silent", "head", "body", "chunk"],
)
def test_who_sends_slowly_takes_no_thread(connect: Connect, begin: bytes) -> None:
    slow = [connect() for _ in range(serving.THREADS * 5)]
    for client in slow:
        client.sendall(begin)
    assert asked(connect) == 200


def test_who_reads_slowly_keeps_its_thread_no_longer_than_it_may(connect: Connect, monkeypatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE", 1.0)
    for _ in range(serving.THREADS):
        connect().sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert asked(connect) == 200


def test_a_download_that_is_read_goes_on_whatever_it_takes(connect: Connect, monkeypatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE", 0.5)
    client = connect()
    client.sendall(b"GET /endless HTTP/1.0\r\nHost: localhost\r\n\r\n")
    response = answer(client)
    length = sum(len(piece) for piece in iter(lambda: response.read(1 << 20), b""))
    assert length == ENDLESS * len(PIECE)


@pytest.mark.parametrize(
    "begin",
    [b"", b"GET / HT", HEAD + b"Content-Length: 1000\r\n\r\nuser"],
    ids=["silent", "head", "body"],
)
def test_what_does_not_arrive_in_time_is_closed(connect: Connect, monkeypatch, begin: bytes) -> None:
    monkeypatch.setattr(serving, "HEAD_WITHIN", 0.5)
    monkeypatch.setattr(serving, "PATIENCE", 0.5)
    client = connect()
    client.sendall(begin)
    assert is_closed(client)


def test_who_comes_while_another_is_dropped_is_not_taken_for_it(monkeypatch) -> None:
    monkeypatch.setattr(serving, "TIDY_EVERY", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        connections: dict[int, object] = {}
        server = serving.build(application, [listener], connections, most=500)
        turn = serving.turning(connections, most=500)
        with socket.create_connection(listener.getsockname()) as silent:
            turn()
            (late,) = [one for one in connections.values() if isinstance(one, serving.Connection)]
            late.waiting_since -= serving.HEAD_WITHIN + 1
            with socket.create_connection(listener.getsockname(), timeout=20) as comes:
                comes.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                while not select.select([comes], [], [], 0)[0]:
                    turn()
                assert answer(comes).status == 200
                while not select.select([silent], [], [], 0)[0]:
                    turn()
                assert is_closed(silent)
        server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(connections)


def test_a_kept_connection_may_wait_longer_than_a_head_may_take(connect: Connect, monkeypatch) -> None:
    monkeypatch.setattr(serving, "HEAD_WITHIN", 0.5)
    client = connect()
    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer(client).read()
    client.settimeout(2.5)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(20)
    client.sendall(b"GET /healthz HTTP/1.1\r\n")
    assert is_closed(client)


def test_a_kept_connection_serves_one_request_after_the_other(connect: Connect) -> None:
    client = connect()
    for _ in range(3):
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        response = answer(client)
        assert (response.status, response.read() != b"") == (200, True)


def test_who_asks_for_the_head_alone_gets_no_body(connect: Connect) -> None:
    client = connect()
    for _ in range(2):
        client.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(1 << 16).endswith(b"\r\n\r\n")
    client.sendall(b"HEAD /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.recv(1 << 16).endswith(b"\r\n\r\n")
    assert is_closed(client)


@pytest.mark.parametrize("length", ["Content-Length: 1100000000", f"Content-Length: {bodies.USUAL + 1}"])
def test_a_body_that_is_too_long_is_refused_before_it_is_sent(connect: Connect, length: str) -> None:
    client = connect()
    client.sendall(HEAD + f"Content-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n".encode())
    response = answer(client)
    assert response.status == 413
    assert "larger than the server accepts" in response.read().decode()
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_a_chunked_body_is_refused_when_it_has_become_too_long(connect: Connect) -> None:
    client = connect()
    client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + PIECE + b"\r\n"
    for _ in range(bodies.USUAL // len(PIECE) + 1):
        client.sendall(chunk)
    assert answer(client).status == 413


def test_who_sends_it_all_the_same_still_reads_the_answer(connect: Connect) -> None:
    client = connect()
    client.sendall(HEAD + b"Content-Length: 50000000\r\n\r\n")
    for _ in range(50_000_000 // len(PIECE)):
        client.sendall(PIECE)
    assert answer(client).status == 413


def test_expecting_to_be_told_to_continue_it_is_told_at_once(connect: Connect) -> None:
    client = connect()
    client.sendall(HEAD + b"Content-Length: 50000000\r\nExpect: 100-continue\r\n\r\n")
    assert client.recv(1 << 16).startswith(b"HTTP/1.1 413")


def test_a_body_as_long_as_it_may_be_arrives_whole(connect: Connect) -> None:
    client = connect()
    client.sendall(f"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bodies.USUAL}\r\n\r\n".encode())
    client.sendall(b"x" * bodies.USUAL)
    assert answer(client).read() == str(bodies.USUAL).encode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01 not HTTP\r\n\r\n", 400),
        (HEAD + b"Content-Length: many\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (HEAD + b"X: " + b"x" * serving.LARGEST_HEAD + b"\r\n\r\n", 431),
        (HEAD + b"Content-Length: 1048577\r\n\r\n", 413),
        (b"GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n", 500),
    ],
    ids=["no-http", "no-length", "two-lengths", "encoding", "head", "body", "application"],
)
def test_what_the_web_server_answers_has_strict_headers_too(connect: Connect, sent: bytes, status: int) -> None:
    client = connect()
    client.sendall(sent)
    response = answer(client)
    assert (response.status, lacking(response.headers)) == (status, set())
