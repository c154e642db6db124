"""The key goes where it should, and nowhere else."""

from __future__ import annotations

import json
import socket
import traceback

import pytest

from tensorslab_api import (
    Client,
    MissingKey,
    Ruling,
    TaskKind,
    TensorsLabError,
    errors,
    judge_delete,
)
from tensorslab_api.sandbox import Options, Sandbox, Trouble
from tests.tensorslab_api.asking import KEY, answer_of, failure_of
from tests.tensorslab_api.contract import CheckedSandbox
from tests.tensorslab_api.servers import listening, read_request

IMAGE = TaskKind.IMAGE


@pytest.mark.parametrize(
    ("scheme", "sent"),
    [("Bearer", f"Bearer {KEY}"), ("none", KEY), ("None", KEY), ("", KEY), ("Token", f"Token {KEY}")],
)
def test_the_key_travels_under_its_scheme(scheme: str, sent: str) -> None:
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with listening(serve) as url:
        Client(base_url=url, api_key=KEY, auth_scheme=scheme).delete(IMAGE, ["a"])
    assert f"\r\nAuthorization: {sent}\r\n".encode() in received[0]


def test_a_password_in_the_address_does_not_replace_the_key_and_is_in_no_error() -> None:
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received.append(read_request(connection))

    with listening(serve) as url:
        failure_of(Client(base_url=url.replace("//", "//someone:password@"), api_key=KEY))
    assert f"\r\nAuthorization: Bearer {KEY}\r\n".encode() in received[0]
    assert "password" not in str(failure_of(Client(base_url="http://someone:password@127.0.0.1:1", api_key=KEY)))


@pytest.mark.parametrize("key", ["", "  ", "schlüssel", "a\nb", "a\x00b", "“key”"])
def test_a_key_that_cannot_be_sent_is_not(sandbox: CheckedSandbox, key: str) -> None:
    error = failure_of(Client(base_url=sandbox.url, api_key=key))
    assert isinstance(error, errors.UnusableKey)
    assert isinstance(error, MissingKey) == (not key.strip())
    assert not key.strip() or key not in str(error)
    assert sandbox.ledger()["calls"] == []


@pytest.mark.parametrize("scheme", ["Bearer\r\nX:", "Schlüssel"])
def test_a_scheme_that_cannot_be_sent_is_not(sandbox: CheckedSandbox, scheme: str) -> None:
    error = failure_of(Client(base_url=sandbox.url, api_key=KEY, auth_scheme=scheme))
    assert isinstance(error, errors.UnusableKey)
    assert sandbox.ledger()["calls"] == []


def test_a_deadline_that_passes_while_connecting_sends_nothing_and_tells_no_key(sandbox: CheckedSandbox) -> None:
    error = failure_of(Client(base_url=sandbox.url, api_key=KEY, timeout=0.0001))
    assert isinstance(error, errors.TooLate)
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert KEY not in "".join(whole.format())
    assert sandbox.ledger()["calls"] == []


@pytest.mark.parametrize("trouble", [*Trouble, None])
def test_the_key_is_in_no_error(trouble: Trouble | None) -> None:
    client = Client(base_url="http://127.0.0.1:1", api_key=KEY, timeout=0.3)
    with Sandbox(Options(api_key="another", hang_seconds=1)) as sandbox:
        if trouble:
            client = Client(base_url=sandbox.url, api_key=KEY, timeout=0.3)
            sandbox.control(queue=[trouble], api_key=KEY)
        answer = answer_of(lambda: client.delete(IMAGE, ["a"]))
    told = repr(answer) + repr(client) + repr(vars(client))
    if isinstance(answer, TensorsLabError):
        whole = traceback.TracebackException.from_exception(answer, capture_locals=True)
        told += "".join(whole.format()) + repr(vars(answer))
        assert answer.__cause__ is None
        assert answer.__context__ is None
    assert KEY not in told


def test_nothing_is_read_from_the_environment(
    sandbox: CheckedSandbox, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    sandbox.control(api_key=KEY)
    assert judge_delete(client.delete(IMAGE, ["a"])).ruling is Ruling.SUCCESS


def test_cookies_are_not_kept() -> None:
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n")

    with listening(serve) as url:
        client = Client(base_url=url, api_key=KEY)
        client.delete(IMAGE, ["a"])
        client.delete(IMAGE, ["a"])
    assert len(received) == 2
    assert b"Cookie" not in received[1]


@pytest.mark.parametrize("key", ["test-key-of-olga", 'test-key/of"olga'])
def test_a_key_that_comes_back_is_taken_out(key: str) -> None:
    """Also as JSON writes it, and wherever it stands."""
    answer = json.dumps({"code": 9999, "msg": f"bad key {key}", "data": {"status": f"Bearer {key}"}}).encode()

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

    with listening(serve) as url:
        reply = Client(base_url=url, api_key=key).delete(IMAGE, ["a"])
    assert (reply.message, reply.status) == ("bad key [API key]", "Bearer [API key]")
