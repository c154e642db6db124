"""Deadlines, and whether anything left."""

from __future__ import annotations

import socket
import time
from types import SimpleNamespace

import pytest

from tensorslab_api import (
    Client,
    Ruling,
    TaskKind,
    Unanswered,
    errors,
    judge_delete,
    transport,
)
from tensorslab_api.sandbox import Trouble
from tests.tensorslab_api.asking import KEY, failure_of
from tests.tensorslab_api.contract import CheckedSandbox
from tests.tensorslab_api.servers import listening, read_request

IMAGE = TaskKind.IMAGE


@pytest.mark.parametrize("trouble", [Trouble.HANG, Trouble.DRIP, Trouble.DRIP_BODY])
def test_a_call_ends_at_its_deadline_however_the_answer_drips(sandbox: CheckedSandbox, trouble: Trouble) -> None:
    client = Client(base_url=sandbox.url, api_key=KEY, timeout=0.5)
    sandbox.control(queue=[trouble])
    started = time.monotonic()
    error = failure_of(client)
    assert isinstance(error, errors.DeadlineExceeded)
    assert str(error) == "No answer in 0.5 s."
    assert 0.45 < time.monotonic() - started < 3


def test_the_sentence_says_what_the_call_was_given(sandbox: CheckedSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    # The machine stood still before the transport first looked at the clock.
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + 0.05)
    monkeypatch.setattr(transport, "time", later)
    sandbox.control(queue=[Trouble.HANG])
    assert str(failure_of(Client(base_url=sandbox.url, api_key=KEY, timeout=0.5))) == "No answer in 0.5 s."


def test_a_body_without_length_that_was_cut_is_not_an_answer() -> None:
    whole = b'{"code": 1000, "msg": "", "data": {"status": "Success"}}'

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + whole)
        connection.recv(1)

    with listening(serve) as url:
        error = failure_of(Client(base_url=url, api_key=KEY, timeout=0.4))
    assert isinstance(error, errors.DeadlineExceeded)
    assert error.http_status == 200


def test_a_deadline_shortens_the_call(sandbox: CheckedSandbox, client: Client) -> None:
    sandbox.control(latency=2)
    started = time.monotonic()
    with pytest.raises(errors.DeadlineExceeded):
        client.delete(IMAGE, ["a"], deadline=started + 0.3)
    assert time.monotonic() - started < 2


def test_nothing_is_sent_after_the_deadline(sandbox: CheckedSandbox, client: Client) -> None:
    with pytest.raises(errors.TooLate):
        client.delete(IMAGE, ["a"], deadline=time.monotonic() - 0.01)
    with pytest.raises(errors.TooLate):
        client.look_up(IMAGE, "a", deadline=time.monotonic())
    assert sandbox.ledger()["calls"] == []


def test_connecting_until_the_deadline_sends_nothing() -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as listener,
        socket.socket() as first,
        socket.socket() as second,
    ):
        # A full backlog takes no connection and refuses none.
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        client = Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", api_key=KEY, timeout=0.4)
        error = failure_of(client)
    assert isinstance(error, errors.ConnectTimedOut)
    assert judge_delete(error).ruling is Ruling.NOT_SENT


def test_a_refused_connection_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure_of(Client(base_url=f"http://127.0.0.1:{port}", api_key=KEY))
    assert isinstance(error, errors.ConnectionFailed)
    assert str(error) == f"Can't connect to 127.0.0.1:{port}: Connection refused. Nothing was sent."


@pytest.mark.parametrize("url", ["", "127.0.0.1:1", "ftp://127.0.0.1:1", "http://", "http://a:b:c"])
def test_an_address_that_is_none_was_not_sent(url: str) -> None:
    assert isinstance(failure_of(Client(base_url=url, api_key=KEY)), errors.ConnectionFailed)


def test_an_unknown_name_was_not_sent() -> None:
    error = failure_of(Client(base_url="http://no-such-host.invalid", api_key=KEY))
    assert isinstance(error, errors.NameNotFound)
    assert str(error) == "The name no-such-host.invalid was not found. Nothing was sent."


def test_a_server_that_speaks_no_tls_was_not_sent_the_key(sandbox: CheckedSandbox) -> None:
    received = bytearray()

    def serve(connection: socket.socket) -> None:
        received.extend(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with listening(serve) as url:
        error = failure_of(Client(base_url=url.replace("http:", "https:"), api_key=KEY, timeout=5))
    assert isinstance(error, errors.TlsFailed)
    assert KEY.encode() not in received


def test_a_tls_handshake_that_hangs_was_not_sent() -> None:
    with listening(lambda connection: connection.recv(65536) and connection.recv(65536)) as url:
        client = Client(base_url=url.replace("http:", "https:"), api_key=KEY, timeout=0.4)
        started = time.monotonic()
        error = failure_of(client)
    assert isinstance(error, errors.ConnectTimedOut)
    assert time.monotonic() - started < 2


def test_a_server_that_speaks_no_http_is_unanswered() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with listening(serve) as url:
        error = failure_of(Client(base_url=url, api_key=KEY, timeout=5))
    assert isinstance(error, errors.ConnectionLost)


def test_a_rejected_key_counts_even_when_the_body_breaks_off() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 500\r\n\r\n{")

    with listening(serve) as url:
        error = failure_of(Client(base_url=url, api_key=KEY, timeout=5))
    assert isinstance(error, Unanswered)
    assert error.http_status == 401
    assert judge_delete(error).ruling is Ruling.UNAUTHORIZED


def test_an_answer_counts_that_comes_instead_of_reading_the_whole_request() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n")

    with listening(serve) as url:
        client = Client(base_url=url, api_key=KEY, timeout=5)
        reply = client.delete(IMAGE, [f"task-{number:032}" for number in range(200_000)])
    assert reply.http_status == 413


def test_a_redirect_with_an_endless_body_is_not_read_to_its_end() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    started = time.monotonic()
    with listening(serve) as url:
        error = failure_of(Client(base_url=url, api_key=KEY, timeout=5, body_limit=100_000))
    assert isinstance(error, errors.BodyTooLarge)
    assert time.monotonic() - started < 2


def test_past_the_deadline_nobody_is_called_at_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        client = Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", api_key=KEY)
        with pytest.raises(errors.TooLate):
            client.delete(IMAGE, ["a"], deadline=time.monotonic())
        with pytest.raises(BlockingIOError):
            listener.accept()
