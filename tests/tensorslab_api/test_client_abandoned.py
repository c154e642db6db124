"""What a call that was given up leaves in the kernel: nothing that could reach the provider later."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tensorslab_api import Client, errors
from tests.tensorslab_api.asking import KEY, failure_of

IDS = [f"task-{number:032}" for number in range(2_000)]
"""Far more than a provider takes in that does not read, and less than the kernel holds for us."""

ASKING = """
import sys
from tensorslab_api import Client, TaskKind
from tests.tensorslab_api.test_client_abandoned import IDS
Client(base_url=sys.argv[1], api_key="key", timeout=float(sys.argv[2])).delete(TaskKind.IMAGE, IDS)
"""


@pytest.fixture
def provider() -> Iterator[socket.socket]:
    """Takes a connection and a few bytes, and reads nothing: to the sender it is as far away as behind a cut link."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(30)
        yield listener


@contextmanager
def asking(provider: socket.socket, timeout: float) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", ASKING, url_of(provider), str(timeout)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def url_of(provider: socket.socket) -> str:
    return f"http://127.0.0.1:{provider.getsockname()[1]}"


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "It did not come true in time."
        time.sleep(0.02)


def on_its_way(connection: socket.socket) -> bool:
    """The request has begun to arrive; looking leaves it where it is."""
    return b"taskids" in connection.recv(65536, socket.MSG_PEEK)


def all_that_comes(connection: socket.socket) -> bytes:
    connection.settimeout(30)
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


def test_a_delete_past_its_deadline_never_arrives_later(provider: socket.socket) -> None:
    error = failure_of(Client(base_url=url_of(provider), api_key=KEY, timeout=0.4), IDS)
    assert isinstance(error, errors.DeadlineExceeded)
    connection, _ = provider.accept()
    with connection:
        received = all_that_comes(connection)
    assert b"taskids" in received
    assert IDS[-1].encode() not in received


def test_only_the_deadline_bounds_the_sending(provider: socket.socket) -> None:
    client = Client(base_url=url_of(provider), api_key=KEY, timeout=0.8, connect_timeout=0.2)
    # More than the kernel holds for us, so that sending it waits.
    ids = [f"{number:0100000}" for number in range(200)]
    started = time.monotonic()
    error = failure_of(client, ids)
    assert isinstance(error, errors.DeadlineExceeded)
    assert 0.75 < time.monotonic() - started < 5


def test_a_delete_of_a_killed_process_never_arrives_later(provider: socket.socket) -> None:
    with asking(provider, timeout=60) as process:
        connection, _ = provider.accept()
        with connection:
            until(lambda: on_its_way(connection))
            process.kill()
            process.wait()
            assert IDS[-1].encode() not in all_that_comes(connection)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="This kernel knows no TCP_USER_TIMEOUT.")
def test_a_delete_of_a_stopped_process_does_not_outlive_its_deadline(provider: socket.socket) -> None:
    with asking(provider, timeout=1) as process:
        connection, _ = provider.accept()
        with connection:
            until(lambda: on_its_way(connection))
            process.send_signal(signal.SIGSTOP)
            theirs = f":{connection.getpeername()[1]:04X} 0100007F:{provider.getsockname()[1]:04X}"
            until(lambda: theirs not in Path("/proc/net/tcp").read_text())
            assert IDS[-1].encode() not in all_that_comes(connection)
