"""A `requests.Session` whose calls end at a deadline and know whether anything left.

`requests` bounds each read, not the whole call, so a server that sends a byte now and then would hold it for ever.
Here a timer cuts the connection at the deadline, whatever it is doing: TLS, sending, headers or body.

Nor does a request outlive its call. By default the kernel goes on delivering what it took, for minutes and even after
the process was killed: a delete would be done long after a look-up had found its tasks alive. So a closed connection
drops what it still holds, and a kernel that can (Linux) drops it at the deadline by itself.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from http.cookiejar import DefaultCookiePolicy
from math import ceil
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from tensorslab_api.errors import DeadlineExceeded, TooLate

DROP_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER, on, for 0 s: whoever closes the connection, the kernel of a killed process too, resets it."""

current = threading.local()
"""`.attempt` is the call that this thread is making; urllib3 has no way to hand one to a connection."""


class Attempt:
    """One call on its way. While it is entered, its thread's connections report to it."""

    def __init__(self, *, deadline: float) -> None:
        self.deadline = deadline
        self.started = time.monotonic()
        self.sent = False
        """The first byte left, or was about to."""
        self.cut = False
        """The deadline came and the connection was cut: whatever was read is not the whole."""
        self.socket: socket.socket | None = None
        self.over = False
        self.lock = threading.Lock()
        self.timer = threading.Timer(self.remaining, self.cut_off)
        self.timer.daemon = True

    @property
    def remaining(self) -> float:
        return max(self.deadline - time.monotonic(), 0.001)

    @property
    def allowed(self) -> float:
        """Seconds that the call had in all."""
        return max(self.deadline - self.started, 0.0)

    @property
    def late(self) -> bool:
        return self.cut or time.monotonic() >= self.deadline

    def __enter__(self) -> Self:
        current.attempt = self
        self.timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.timer.cancel()
        # Under the lock: the connection goes back to the pool, and a late timer must not cut the next call's.
        with self.lock:
            self.over = True
            if self.socket is not None:
                self.socket.close()
        current.attempt = None

    def cut_off(self) -> None:
        with self.lock:
            if self.over:
                return
            self.cut = True
            if self.socket is not None:
                with contextlib.suppress(OSError):
                    self.socket.shutdown(socket.SHUT_RDWR)

    def attach(self, connection: socket.socket) -> None:
        # A second descriptor of the same connection: wrapping it in TLS takes the first one away.
        with self.lock:
            if self.socket is not None:
                self.socket.close()
            self.socket = socket.socket(fileno=os.dup(connection.fileno()))

    def about_to_send(self) -> None:
        """Raises TooLate before the first byte, DeadlineExceeded between headers and body."""
        if self.late:
            raise DeadlineExceeded(self.allowed) if self.sent else TooLate
        if self.socket is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            # This process may be stopped or cut off when the deadline comes; the kernel keeps it all the same.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, ceil(self.remaining * 1000))
        self.sent = True


class AttemptConnection(HTTPConnection):
    """Tells the current attempt which socket it uses, and asks it before anything is sent."""

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP_ON_CLOSE)
        current.attempt.attach(connection)
        return connection

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if current.attempt.socket is None:
            # A kept connection: nobody dialled for this call.
            current.attempt.attach(self.sock)
        current.attempt.about_to_send()
        super().send(data)


class AttemptTlsConnection(AttemptConnection, HTTPSConnection):
    """The same under TLS."""


class Pool(HTTPConnectionPool):
    ConnectionCls = AttemptConnection


class TlsPool(HTTPSConnectionPool):
    ConnectionCls = AttemptTlsConnection


class Adapter(HTTPAdapter):
    """No retries: `requests`' default, and the only retry loop is the caller's."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}


class Session(requests.Session):
    """Keeps no cookies, follows no redirects and reads nothing from the environment: no proxy, no .netrc."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.mount("http://", Adapter())
        self.mount("https://", Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        # Even with allow_redirects=False, requests reads a redirect's whole body to prepare the next request.
        return None
