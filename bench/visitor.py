"""A signed-in person's browser with very low costs of its own. Needs Django set up."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

from dashboard.access.lifetimes import SEEN_AT, SIGNED_IN_AT

PATIENCE = 600.0
TOKEN = "b" * 32
IDLE = 30.0
"""Seconds after which it connects again: the server closes a connection that is idle for twice as long."""


class Answer(NamedTuple):
    status: int
    location: str
    text: str
    seconds: float
    """From sending the request until the whole answer was received."""


class Visitor:
    """One person with one connection that stays open."""

    def __init__(self, host: str, user: User) -> None:
        browser = Client()
        browser.force_login(user)
        session = browser.session
        session.update(dict.fromkeys([SIGNED_IN_AT, SEEN_AT], time.time()))
        session.save()
        self.headers = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}; csrftoken={TOKEN}"}
        self.connection = http.client.HTTPConnection(host, timeout=PATIENCE)
        self.used_at = time.monotonic()

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def page(self, path: str) -> Answer:
        """A page that must exist."""
        answer = self.get(path)
        assert answer.status == 200, (path, answer.status)
        return answer

    def post(self, path: str, **fields: object) -> Answer:
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": TOKEN, **fields}, doseq=True))

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        if time.monotonic() - self.used_at > IDLE:
            self.connection.close()
        if self.connection.sock is None:
            # Connecting is not timed.
            self.connection.connect()
        self.used_at = time.monotonic()
        headers = self.headers | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        began = time.perf_counter()
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        return Answer(answer.status, answer.getheader("Location", ""), content.decode(), seconds)


@contextmanager
def meanwhile(act: Callable[[], object], *, pause: float) -> Iterator[None]:
    """Runs `act` again and again during the block, at least once. Its errors are raised at the end."""
    over = threading.Event()

    def work() -> None:
        act()
        while not over.wait(pause):
            act()

    with ThreadPoolExecutor(max_workers=1) as pool:
        working = pool.submit(work)
        try:
            yield
        finally:
            over.set()
        working.result()
