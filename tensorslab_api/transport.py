"""`requests` over one connection for one call, which ends at a deadline and knows whether anything left.

`requests` limits each read, not the whole call, so a server that sends a byte now and then could delay it for ever.
Here another thread cuts the connection at the deadline, in any phase: TLS, sending, headers or body.

No request outlives its call. By default the kernel goes on delivering data for minutes, even after the process was
killed: a delete could be carried out long after a look-up had found its tasks alive. So a closed connection drops its
unsent data, and a kernel that can (Linux) drops it at the deadline by itself.

No answer outlives its call either. A server may answer twice, and the copy may come after the next request has begun,
so a reused connection can't be known to be clean. Every call has a new one.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import struct
import threading
import time
from math import ceil
from types import TracebackType
from typing import Any, Self, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from tensorslab_api.deadlines import DEADLINES
from tensorslab_api.errors import DeadlineExceeded, TooLate

DROP_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER, on, for 0 s: closing resets the connection, also when the kernel of a killed process does it."""

MOST_INTERIM = 20
"""The most interim answers (1xx) before the final one. One, `103 Early Hints`, is common."""


class Attempt:
    """One call under way, inside the `with` block; its connection reports to it."""

    def __init__(self, *, started: float, deadline: float) -> None:
        """Both are moments of `time.monotonic()`: between two readings of the clock the machine may stand still."""
        self.started = started
        self.deadline = deadline
        self.sent = False
        """The first byte was sent, or was about to be."""
        self.cut = False
        """The deadline came and the connection was cut, so that the data read may be incomplete."""
        self.socket: socket.socket | None = None
        self.over = False
        self.lock = threading.Lock()

    @property
    def remaining(self) -> float:
        return max(self.deadline - time.monotonic(), 0.001)

    @property
    def allowed(self) -> float:
        """Seconds that the whole call had."""
        return max(self.deadline - self.started, 0.0)

    @property
    def late(self) -> bool:
        return self.cut or time.monotonic() >= self.deadline

    def __enter__(self) -> Self:
        DEADLINES.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        DEADLINES.remove(self)
        # Under the lock: later the descriptor may belong to another connection, which a late cut would end.
        with self.lock:
            self.over = True
            if self.socket is not None:
                self.socket.close()

    def cut_off(self) -> None:
        with self.lock:
            if self.over:
                return
            self.cut = True
            if self.socket is not None:
                with contextlib.suppress(OSError):
                    self.socket.shutdown(socket.SHUT_RDWR)

    def attach(self, connection: socket.socket) -> None:
        # A second descriptor of the same connection, because wrapping it in TLS detaches the first one.
        with self.lock:
            if self.socket is not None:
                self.socket.close()
            self.socket = socket.socket(fileno=os.dup(connection.fileno()))

    def about_to_send(self) -> None:
        """Raises TooLate before the first byte, DeadlineExceeded between headers and body."""
        if self.late:
            raise DeadlineExceeded(self.allowed) if self.sent else TooLate
        if self.socket is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            # The kernel meets the deadline even if this process is stopped by then.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, ceil(self.remaining * 1000))
        self.sent = True


class FinalResponse(http.client.HTTPResponse):
    """Skips interim answers; `http.client` takes all of them but 100 for the final one."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status == http.client.SWITCHING_PROTOCOLS:
                raise http.client.HTTPException("It speaks another protocol from here on. Nobody asked it to.")
            if status >= 200:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("It sent too many interim answers.")


class AttemptConnection(HTTPConnection):
    """Tells its attempt which socket it uses, and asks it before it sends. It connects once, for one request."""

    response_class = FinalResponse
    auto_open = 0

    def __init__(self, *args: Any, attempt: Attempt, **options: Any) -> None:
        super().__init__(*args, **options)
        self.attempt = attempt

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP_ON_CLOSE)
        self.attempt.attach(connection)
        return connection

    def connect(self) -> None:
        super().connect()
        # From here on only the deadline limits it.
        self.timeout = self.attempt.remaining
        self.sock.settimeout(self.timeout)

    def send(self, data: Any) -> None:
        if self.sock is None and not self.attempt.sent:
            self.connect()
        self.attempt.about_to_send()
        super().send(data)


class AttemptTlsConnection(AttemptConnection, HTTPSConnection):
    """An `AttemptConnection` under TLS."""


class Adapter(HTTPAdapter):
    """An adapter for one call; closing it closes its connection.

    It is used without a `requests.Session`, which would store cookies and look for redirects, proxies and `.netrc`.
    """

    def __init__(self, attempt: Attempt, tls: ssl.SSLContext | None) -> None:
        self.attempt = attempt
        self.tls = tls
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self.tls, **options)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        pool = cast(HTTPConnectionPool, super().get_connection_with_tls_context(*args, **options))
        pool.ConnectionCls = AttemptTlsConnection if pool.scheme == "https" else AttemptConnection
        pool.conn_kw["attempt"] = self.attempt
        return pool

    def cert_verify(self, *args: Any, **options: Any) -> None:
        """Does nothing, because `tls` verifies: `requests` would read the authorities again for each call."""
