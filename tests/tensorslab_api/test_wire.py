"""Which bytes are the answer to a call: no interim one, and none that belongs to another call or another host."""

from __future__ import annotations

import http.client
import json
import select
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tensorslab_api import Client, Ruling, TaskKind, errors, judge_delete, judge_look_up
from tensorslab_api.sandbox import Sandbox, Trouble
from tensorslab_api.transport import MOST_INTERIM
from tests.certificates import certificate
from tests.tensorslab_api.asking import KEY, failure_of
from tests.tensorslab_api.servers import listening, read_request

IMAGE = TaskKind.IMAGE
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


def answer_about(request: bytes) -> bytes:
    """Says back what it was asked, and offers to keep the connection."""
    asked = json.loads(request.partition(b"\r\n\r\n")[2])
    return answer_of({"code": 1000, "msg": json.dumps(asked), "data": {"status": "Success"}})


def answer_of(envelope: dict[str, object]) -> bytes:
    body = json.dumps(envelope).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def asking(url: str) -> Client:
    return Client(base_url=url, api_key=KEY, timeout=10)


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        EARLY_HINTS,
        b"HTTP/1.1 199 Whatever\r\nContent-Length: 5000\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" + EARLY_HINTS + b"HTTP/1.1 100 Continue\r\n\r\n",
        EARLY_HINTS * MOST_INTERIM,
    ],
)
def test_an_interim_answer_is_none(interim: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(interim + answer_about(read_request(connection)))

    with listening(serve) as url:
        client = asking(url)
        first, second = client.delete(IMAGE, ["a"]), client.delete(IMAGE, ["b"])
    assert (first.http_status, first.message) == (200, '{"taskids": ["a"]}')
    assert (second.http_status, second.message) == (200, '{"taskids": ["b"]}')


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        EARLY_HINTS + b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        EARLY_HINTS * (MOST_INTERIM + 1),
        b"HTTP/1.1 100 Continue\r\n\r\n" * (MOST_INTERIM + 1),
    ],
)
def test_another_protocol_and_interim_answers_without_end_are_a_lost_call(answer: bytes) -> None:
    ended: list[bool] = []

    def serve(connection: socket.socket) -> None:
        connection.sendall(answer + answer_about(read_request(connection)))
        try:
            ended.append(connection.recv(1) == b"")
        except ConnectionResetError:
            ended.append(True)

    with listening(serve) as url:
        error = failure_of(asking(url))
    assert isinstance(error, errors.ConnectionLost)
    assert judge_delete(error).ruling is Ruling.LOST
    assert ended == [True], "the connection is closed"


@pytest.mark.parametrize("interim", [b"", EARLY_HINTS, b"HTTP/1.1 103 Early Hints\r\nLink: <"])
def test_interim_answers_do_not_lengthen_a_call(interim: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(interim)
        connection.recv(1)

    with listening(serve) as url:
        error = failure_of(Client(base_url=url, api_key=KEY, timeout=0.4))
    assert isinstance(error, errors.DeadlineExceeded)
    assert error.http_status is None


def twice_at_once(connection: socket.socket) -> None:
    connection.sendall(answer_about(read_request(connection)) * 2)
    connection.sendall(answer_about(read_request(connection)))


def twice_when_asked_again(connection: socket.socket) -> None:
    """The copy comes when the next request has begun: no look beforehand finds it."""
    first = answer_about(read_request(connection))
    connection.sendall(first)
    if connection.recv(1, socket.MSG_PEEK):
        connection.sendall(first)
        connection.sendall(answer_about(read_request(connection)))


@pytest.mark.parametrize("serve", [twice_at_once, twice_when_asked_again])
def test_an_answer_that_comes_twice_is_not_taken_for_the_next(serve: Callable[[socket.socket], None]) -> None:
    with listening(serve) as url:
        client = asking(url)
        told = [client.delete(IMAGE, [task_id]).message for task_id in "abc"]
    assert told == ['{"taskids": ["a"]}', '{"taskids": ["b"]}', '{"taskids": ["c"]}']


def test_a_kept_connection_that_is_silent_is_not_safe() -> None:
    """Why every call has a connection of its own."""
    told = []
    with (
        listening(twice_when_asked_again) as url,
        closing(http.client.HTTPConnection(url.removeprefix("http://"))) as kept,
    ):
        for task_id in "ab":
            # A look beforehand finds nothing on it.
            assert kept.sock is None or select.select([kept.sock], [], [], 0)[0] == []
            kept.request("POST", "/", json.dumps({"taskids": [task_id]}))
            told.append(json.loads(kept.getresponse().read())["msg"])
    assert told == ['{"taskids": ["a"]}'] * 2


@pytest.mark.parametrize("trouble", [Trouble.PROCESSING, Trouble.EARLY_HINTS, Trouble.TWICE])
def test_an_answer_is_about_the_task_that_was_asked_for(trouble: Trouble) -> None:
    with Sandbox() as sandbox:
        sandbox.control(gone={"image": ["gone"]}, queue=[trouble] * 4)
        client = asking(sandbox.url)
        rulings = [judge_look_up(client.look_up(IMAGE, task_id)).ruling for task_id in ("a", "gone", "gone", "b")]
    assert rulings == [Ruling.THERE, Ruling.ABSENT, Ruling.ABSENT, Ruling.THERE]


def test_every_call_has_a_connection_of_its_own_and_says_so() -> None:
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received.append(read_request(connection))
        connection.sendall(answer_about(received[-1]))

    with listening(serve) as url:
        client = asking(url)
        for task_id in "abc":
            client.delete(IMAGE, [task_id])
    assert len(received) == 3
    assert all(b"\r\nConnection: close\r\n" in request for request in received)


@contextmanager
def listening_under_tls(certificate: Path, serve: Callable[[socket.socket], None]) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))

    def wrapped(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as under_tls:
                serve(under_tls)
        except ssl.SSLError:
            # A client that does not trust us hangs up in the handshake.
            return

    with listening(wrapped) as url:
        yield url.replace("http:", "https:")


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    return certificate(tmp_path, "IP:127.0.0.1")


def test_a_certificate_that_nobody_vouches_for_is_not_sent_the_key(
    own_certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(own_certificate))
    received: list[bytes] = []
    with listening_under_tls(own_certificate, lambda connection: received.append(connection.recv(65536))) as url:
        error = failure_of(asking(url))
    assert isinstance(error, errors.TlsFailed)
    assert not any(received)


def test_a_trusted_certificate_for_another_name_is_not_sent_the_key(tmp_path: Path) -> None:
    received: list[bytes] = []
    other = certificate(tmp_path, "DNS:api.example.com", "IP:127.0.0.2")
    with listening_under_tls(other, lambda connection: received.append(connection.recv(65536))) as url:
        client = asking(url)
        client.tls.load_verify_locations(other)
        error = failure_of(client)
    assert isinstance(error, errors.TlsFailed)
    assert not any(received)


def test_whom_to_trust_is_read_once_for_all_calls(own_certificate: Path) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(EARLY_HINTS + answer_about(read_request(connection)))

    with listening_under_tls(own_certificate, serve) as url:
        client = asking(url)
        client.tls = ssl.create_default_context(cafile=own_certificate)
        told = [client.delete(IMAGE, [task_id]).message for task_id in "ab"]
    assert told == ['{"taskids": ["a"]}', '{"taskids": ["b"]}']
    assert client.tls.cert_store_stats()["x509"] == 1, "no call has read certifi's authorities into it"


def test_a_call_under_tls_ends_at_its_deadline(own_certificate: Path) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
        connection.recv(1)

    with listening_under_tls(own_certificate, serve) as url:
        client = Client(base_url=url, api_key=KEY, timeout=1)
        client.tls.load_verify_locations(own_certificate)
        error = failure_of(client)
    assert isinstance(error, errors.DeadlineExceeded)
    assert error.http_status == 200


def test_http_client_alone_takes_an_interim_answer_for_the_final_one() -> None:
    """Why `FinalResponse` is there; when this fails, Python has learned it."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(EARLY_HINTS + answer_about(read_request(connection)))

    with listening(serve) as url, closing(http.client.HTTPConnection(url.removeprefix("http://"))) as connection:
        connection.request("POST", "/", b'{"taskids": ["a"]}')
        assert connection.getresponse().status == 103
