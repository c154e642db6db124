"""A signed-in person's browser, so thin that its own cost hides nothing. Needs Django set up."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

PATIENCE = 600.0
TOKEN = "b" * 32
IDLE = 30.0
"""Seconds after which the connection is made anew: the server closes one that is idle for twice as long."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    location: str
    text: str
    seconds: float
    """From sending the request until all of the answer was there."""


class Visitor:
    """One person with one connection that stays open."""

    def __init__(self, host: str, user: User) -> None:
        browser = Client()
        browser.force_login(user)
        self.headers = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}; csrftoken={TOKEN}"}
        self.connection = http.client.HTTPConnection(host, timeout=PATIENCE)
        self.used_at = time.monotonic()

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, **fields: object) -> Answer:
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": TOKEN, **fields}, doseq=True))

    def download(self, path: str) -> tuple[int, float]:
        """How many bytes came, and how many seconds that took. None of them is kept."""
        self._stay_connected()
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        assert answer.status == 200, (path, answer.status)
        size = 0
        while part := answer.read(1 << 16):
            size += len(part)
        return size, time.perf_counter() - began

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        self._stay_connected()
        headers = self.headers | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        began = time.perf_counter()
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        location = answer.getheader("Location", "")
        return Answer(status=answer.status, location=location, text=content.decode(), seconds=seconds)

    def _stay_connected(self) -> None:
        if time.monotonic() - self.used_at > IDLE:
            self.connection.close()
        if self.connection.sock is None:
            # Not part of what is timed.
            self.connection.connect()
        self.used_at = time.monotonic()
