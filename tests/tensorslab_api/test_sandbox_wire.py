"""Odd answers, byte for byte."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from tensorslab_api import TaskKind
from tensorslab_api.sandbox import Sandbox
from tests.tensorslab_api.contract import CheckedSandbox, ask_delete, ask_look_up

IMAGE = TaskKind.IMAGE
DELETE, LOOK_UP = "/v1/images/deleteimagestask", "/v1/images/infobytaskid"


class Wire:
    """One connection to a sandbox, on which all bytes are kept."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.socket = socket.create_connection(("127.0.0.1", sandbox.port), timeout=10)

    def ask(self, path: str, payload: dict, *headers: str) -> None:
        body = json.dumps(payload).encode()
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Authorization: key", "Content-Type: application/json"]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", *headers])
        self.socket.sendall(head.encode() + b"\r\n\r\n" + body)

    def read(self, *, until: bytes) -> bytes:
        """All bytes up to these."""
        received = b""
        while not received.endswith(until):
            received += self.socket.recv(65536) or pytest.fail(f"The connection closed after {received!r}")
        return received

    def rest(self) -> bytes:
        """All bytes until the connection closes."""
        return b"".join(iter(lambda: self.socket.recv(65536), b""))


@pytest.fixture
def wire(sandbox: CheckedSandbox) -> Iterator[Wire]:
    wire = Wire(sandbox)
    with wire.socket:
        yield wire


def test_system_busy_looks_like_a_missing_task(sandbox: CheckedSandbox) -> None:
    sandbox.control(missing="code", gone={"image": ["a"]})
    missing = ask_look_up(sandbox, "a")
    sandbox.control(queue=["system_busy:look_up", "system_busy:before", "system_busy:after"])
    busy = ask_look_up(sandbox, "a")
    assert busy.status_code == missing.status_code == 200
    assert busy.json() == {**missing.json(), "msg": "System busy, try again later"}
    failed = {"code": 9999, "msg": "System busy, try again later", "data": {"status": "Failed"}}
    assert ask_delete(sandbox, "b").json() == failed
    assert sandbox.deleted(IMAGE) == {"a"}
    assert ask_delete(sandbox, "b").json() == failed
    assert sandbox.deleted(IMAGE) == {"a", "b"}


@pytest.mark.parametrize(("when", "deleted"), [("before", set()), ("after", {"a"})])
def test_a_gateway_gives_up(sandbox: CheckedSandbox, when: str, deleted: set) -> None:
    sandbox.control(queue=[f"504:{when}"])
    response = ask_delete(sandbox, "a")
    assert (response.status_code, response.headers["Content-Type"]) == (504, "text/html")
    assert sandbox.deleted(IMAGE) == deleted


@pytest.mark.parametrize(("trouble", "line"), [("102", b"102 Processing"), ("103", b"103 Early Hints")])
def test_an_interim_response_goes_before_the_answer(
    sandbox: CheckedSandbox, wire: Wire, trouble: str, line: bytes
) -> None:
    sandbox.control(queue=[trouble, f"{trouble}:before"], missing="code")
    for task_id in ("a", "b"):
        wire.ask(DELETE, {"taskids": [task_id]})
        interim, head, body = wire.read(until=b'{"status": "Success"}}').split(b"\r\n\r\n")
        assert interim.startswith(b"HTTP/1.1 " + line + b"\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert json.loads(body) == {"code": 1000, "msg": "Successfully", "data": {"status": "Success"}}
    assert sandbox.deleted(IMAGE) == {"a"}, "before is a lie that has to be asked for"


def test_the_answer_after_an_interim_response_is_honest(sandbox: CheckedSandbox, wire: Wire) -> None:
    sandbox.control(queue=["103"], refuse={"a": "Locked"})
    wire.ask(DELETE, {"taskids": ["a"]})
    assert b"Locked" in wire.read(until=b'{"status": "Failed"}}')


def test_an_answer_is_written_twice_and_the_connection_stays(sandbox: CheckedSandbox, wire: Wire) -> None:
    sandbox.control(queue=["twice"])
    wire.ask(DELETE, {"taskids": ["a"]})
    wire.ask(LOOK_UP, {"taskid": "a"}, "Connection: close")
    received = wire.rest()
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"200", b"404"]
    first, copy, _ = re.split(rb"(?<=.)(?=HTTP/1.1)", received, flags=re.DOTALL)
    assert first == copy
    assert [call["fault"] for call in sandbox.ledger()["calls"]] == ["twice:after", None]


def test_the_copy_is_written_before_the_connection_closes(sandbox: CheckedSandbox, wire: Wire) -> None:
    sandbox.control(queue=["twice"])
    wire.ask(LOOK_UP, {"taskid": "a"}, "Connection: close")
    assert wire.rest().count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(("when", "deleted"), [("before", set()), ("after", {"a"})])
def test_a_key_can_be_there_twice(sandbox: CheckedSandbox, when: str, deleted: set) -> None:
    sandbox.control(queue=[f"repeated_key:{when}:delete"])
    pairs = json.loads(ask_delete(sandbox, "a").content, object_pairs_hook=list)
    assert pairs == [
        ("code", 9999),
        ("msg", "Delete failed"),
        ("data", [("status", "Failed"), ("status", "Success")]),
        ("code", 1000),
    ]
    assert sandbox.deleted(IMAGE) == deleted


def test_the_last_of_two_keys_is_honest_after_the_work(sandbox: CheckedSandbox) -> None:
    sandbox.control(queue=["repeated_key:after"], refuse={"a": "Locked"})
    response = ask_delete(sandbox, "a")
    assert response.text.count("status") == 2
    assert response.json() == {"code": 9999, "msg": "Delete failed", "data": {"status": "Failed"}}


def test_a_look_up_can_repeat_its_code(sandbox: CheckedSandbox) -> None:
    honest = ask_look_up(sandbox, "a").json()
    sandbox.control(queue=["repeated_key"])
    response = ask_look_up(sandbox, "a")
    assert response.text.startswith('{"code": 9999, ')
    assert response.json() == {**honest, "msg": "Look-up failed"}


def test_look_ups_have_a_latency_of_their_own(sandbox: CheckedSandbox) -> None:
    sandbox.control(look_up_latency=0.05)
    ask_look_up(sandbox, "a")
    sandbox.control(latency=0.05, look_up_latency=0.0001)
    ask_look_up(sandbox, "a")
    sandbox.control(look_up_latency=0)
    ask_look_up(sandbox, "a")
    took = [call["answered_at"] - call["at"] for call in sandbox.ledger()["calls"]]
    assert took[0] >= 0.05
    assert took[1] < 0.05
    assert took[2] >= 0.05


def test_it_hangs_up_at_once_where_it_is_late(sandbox: CheckedSandbox, wire: Wire) -> None:
    sandbox.control(queue=["reset:late"], late_seconds=3600)
    started = time.monotonic()
    wire.ask(DELETE, {"taskids": ["a"]})
    with pytest.raises(ConnectionResetError):
        wire.rest()
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
        ({"Host": "rebound.example"}, 421),
        ({"Host": "[::1"}, 421),
        ({"Origin": "https://elsewhere.example"}, 421),
        ({"Origin": "null"}, 421),
    ],
)
def test_a_page_of_somewhere_else_can_not_ask_it(sandbox: Sandbox, headers: dict[str, str], status: int) -> None:
    assert requests.get(f"{sandbox.url}/__ledger", headers=headers, timeout=5).status_code == status
    assert (
        requests.post(f"{sandbox.url}/__control", json={"latency": 0}, headers=headers, timeout=5).status_code == status
    )
