"""Ways to send one call after the other: ours, the peer's, and the barest with one connection or many."""

from __future__ import annotations

import json
import select
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import requests
from urllib3.connection import HTTPConnection, HTTPSConnection

from bench.provider import DELETE, HEADERS
from tensorslab_api import Client, Ruling, TaskKind, judge_delete

TIMEOUT = 30
IDS = ["abcd_1234567890abcdef"]
BODY = json.dumps({"taskids": IDS}).encode()

Call = Callable[[], None]


class KeptSilent:
    """One connection for as long as nothing is found on it before it is used again. Not safe: a copy may come later."""

    def __init__(self, address: str, tls: ssl.SSLContext | None) -> None:
        self.address = address
        self.tls = tls
        self.connection = opened(address, tls)

    def post(self, path: str, body: bytes) -> Any:
        sock = self.connection.sock
        if sock is None or not is_silent(sock):
            self.connection.close()
            self.connection = opened(self.address, self.tls)
        return sent(self.connection, path, body)

    def close(self) -> None:
        self.connection.close()


def is_silent(sock: Any) -> bool:
    readable, _, _ = select.select([sock], [], [], 0)
    return not readable and not (isinstance(sock, ssl.SSLSocket) and sock.pending())


def opened(address: str, tls: ssl.SSLContext | None) -> HTTPConnection:
    url = urlsplit(address)
    assert url.hostname is not None
    if tls is None:
        return HTTPConnection(url.hostname, url.port, timeout=TIMEOUT)
    return HTTPSConnection(url.hostname, url.port, timeout=TIMEOUT, ssl_context=tls)


def sent(connection: HTTPConnection, path: str, body: bytes) -> Any:
    connection.request("POST", path, body=body, headers={**HEADERS, "Content-Type": "application/json"})
    return json.loads(connection.getresponse().data)


def trusting(certificate: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_verify_locations(certificate)
    return context


@contextmanager
def peer(address: str, certificate: Path | None) -> Iterator[Call]:
    with requests.Session() as session:
        # Nothing that the machine's environment says of proxies and authorities is measured.
        session.trust_env = False
        session.verify = True if certificate is None else str(certificate)

        def call() -> None:
            answer = session.post(address + DELETE, json={"taskids": IDS}, headers=HEADERS, timeout=TIMEOUT)
            assert answer.json()["code"] == 1000

        yield call


@contextmanager
def ours(address: str, certificate: Path | None) -> Iterator[Call]:
    client = Client(base_url=address, api_key="bench", timeout=TIMEOUT)
    if certificate is not None:
        client.tls.load_verify_locations(certificate)

    def call() -> None:
        assert judge_delete(client.delete(TaskKind.IMAGE, IDS)).ruling is Ruling.SUCCESS

    yield call


@contextmanager
def kept_silent(address: str, certificate: Path | None) -> Iterator[Call]:
    with closing(KeptSilent(address, trusting(certificate))) as kept:

        def call() -> None:
            assert kept.post(DELETE, BODY)["code"] == 1000

        yield call


@contextmanager
def fresh(address: str, certificate: Path | None) -> Iterator[Call]:
    tls = trusting(certificate)

    def call() -> None:
        with closing(opened(address, tls)) as connection:
            assert sent(connection, DELETE, BODY)["code"] == 1000

    yield call


@contextmanager
def fresh_reading_anew(address: str, certificate: Path | None) -> Iterator[Call]:
    def call() -> None:
        with closing(opened(address, trusting(certificate))) as connection:
            assert sent(connection, DELETE, BODY)["code"] == 1000

    yield call


WAYS = {
    "kept: requests.Session": peer,
    "kept, if silent": kept_silent,
    "fresh": fresh,
    "fresh, authorities read anew": fresh_reading_anew,
    "ours (fresh)": ours,
}
