"""The provider in a process of its own, and the peer: the barest loop that would delete the same ids."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Any

import requests

from bench import processes

DELETE = "/v1/images/deleteimagestask"
LOOK_UP = "/v1/images/infobytaskid"
KNOWN = "(abcd|peer)_0{8}[0-9a-f]{8}"
"""The ids that a measured deletion and the bare loop are made of; others never existed."""
HEADERS = {"Authorization": "Bearer bench"}


@contextmanager
def running(*, latency: float, log: IO[bytes]) -> Iterator[str]:
    """The address of a sandbox that takes `latency` seconds for every answer."""
    command = ["-m", "tensorslab_api.sandbox", "--port", "0", "--latency", str(latency), "--known", KNOWN]
    with processes.running(*command, log=log) as (sandbox,):
        assert sandbox.stdout is not None
        address = sandbox.stdout.readline().decode().rpartition(" ")[2].strip()
        if not address:
            raise RuntimeError("The sandbox did not start.")
        yield address


def forget_calls(address: str) -> None:
    """Counts its calls from nothing again."""
    requests.post(f"{address}/__control", json={"forget_calls": True}, timeout=10).raise_for_status()


def ledger(address: str) -> dict[str, Any]:
    """The provider's own numbers: what truly reached it."""
    answer = requests.get(f"{address}/__ledger?summary=1", timeout=10)
    answer.raise_for_status()
    numbers: dict[str, Any] = answer.json()
    return numbers


def bare_loop(address: str, batches: Sequence[Sequence[str]], *, concurrency: int, look_up: bool) -> float:
    """Seconds that a thread pool with one session a thread takes for them, writing nothing down.

    With `look_up` it asks after three ids of every batch, about as many as `DELETION_VERIFY=sample` does.
    """
    threads = threading.local()

    def send(ids: Sequence[str]) -> None:
        session = threads.__dict__.setdefault("session", requests.Session())
        answer = session.post(address + DELETE, json={"taskids": list(ids)}, headers=HEADERS, timeout=30).json()
        assert answer["code"] == 1000, answer
        for task_id in (ids[0], ids[len(ids) // 2], ids[-1]) if look_up else ():
            answer = session.post(address + LOOK_UP, json={"taskid": task_id}, headers=HEADERS, timeout=30).json()
            assert answer["code"] == 9999, answer

    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        list(pool.map(send, batches))
    return time.perf_counter() - began
