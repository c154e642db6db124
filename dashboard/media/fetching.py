"""One file from the web into a file of ours: bounded in size and time, each hop checked, and with nothing of us in it.

It runs in a thread of its own, which can be cut off at any moment: a server that sends a byte now and then, headers
without end or nothing at all holds up nobody. Memory: one piece of the body.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

from dashboard.media import addresses, hosts
from dashboard.media.addresses import Place, Resolve, Unfit
from dashboard.media.models import Reason

SECONDS = 60.0
"""For all hops, headers and body together."""
MOST_BYTES = 200 * 1024 * 1024
MOST_HOPS = 5
PIECE = 64 * 1024
HEADERS = {"Accept": "image/*, video/*", "Accept-Encoding": "identity", "User-Agent": "tensorslab-tasks"}
"""All that is sent beside the host. No key, no cookie, no Referer."""
REDIRECTS = {301, 302, 303, 307, 308}
DEAD = {404, 410, 451}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What one fetch must keep to."""

    clicked: frozenset[str] = frozenset()
    """Hosts that administrators allowed."""
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES
    resolve: Resolve = addresses.resolved


class Fetch:
    """A fetch under way. `reason` tells how it ended; None means that the whole file is there."""

    def __init__(self, url: str, into: Path, rules: Rules) -> None:
        self.url, self.into, self.rules = url, into, rules
        self.ends = time.monotonic() + rules.seconds
        self.reason: Reason | None = None
        self.detail = ""
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="media fetch", daemon=True)
        self._thread.start()

    def is_done(self) -> bool:
        """Ends it, too, when its time is up: a name server may not answer for minutes, and nobody can cut that off."""
        if self._thread.is_alive() and time.monotonic() > self.ends:
            self.cut(Reason.TOO_SLOW)
        return self._over or not self._thread.is_alive()

    def cut(self, reason: Reason) -> None:
        with self._lock:
            if self._over:
                return
            self._over, self.reason, self.detail = True, reason, ""
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            self._follow()
        except Unfit as unfit:
            self._end(unfit.reason, unfit.detail)
        except (OSError, http.client.HTTPException, ValueError):
            # A socket that waited until the end tells of it as others tell of a host that is away.
            self._end(Reason.TOO_SLOW if time.monotonic() >= self.ends else Reason.NO_ANSWER)
        finally:
            with self._lock:
                self._let_go()

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _end(self, reason: Reason | None, detail: str = "") -> None:
        with self._lock:
            if not self._over:
                self._over, self.reason, self.detail = True, reason, detail

    def _follow(self) -> None:
        url = self.url
        for _hop in range(MOST_HOPS + 1):
            where = addresses.place(url)
            if not hosts.is_allowed(where.name, self.rules.clicked):
                raise Unfit(Reason.NOT_ALLOWED, where.name)
            onward = self._ask(where)
            if not onward:
                self._end(None)
                return
            url = urljoin(url, onward)
        raise Unfit(Reason.REFUSED, "redirects without end")

    def _ask(self, where: Place) -> str:
        """Where it leads on to; empty when the file is here."""
        connection = Pinned(where, self._connected(where))
        try:
            connection.request("GET", where.target, headers=HEADERS)
            response = connection.getresponse()
            status = response.status
            if status in REDIRECTS and (location := response.headers.get("Location", "")):
                return location
            if status in DEAD:
                raise Unfit(Reason.GONE, str(status))
            if status != 200:
                raise Unfit(Reason.REFUSED, str(status))
            self._keep(response)
        finally:
            connection.close()
        return ""

    def _connected(self, where: Place) -> socket.socket:
        """To one of the addresses that were checked, and no other."""
        error: OSError = OSError("It has no address.")
        for address in addresses.pinned(where, own=hosts.own(), resolve=self.rules.resolve):
            try:
                plain = socket.create_connection((address, where.port), timeout=self._left())
            except OSError as failed:
                error = failed
                continue
            with self._lock:
                self._let_go()
                # A second descriptor of the same connection: wrapping it in TLS takes the first one away.
                self._socket = plain.dup()
                if self._over:
                    plain.close()
                    raise OSError("It was cut off.")
            return plain
        raise error

    def _left(self) -> float:
        return max(self.ends - time.monotonic(), 0.1)

    def _keep(self, response: http.client.HTTPResponse) -> None:
        if (response.length or 0) > self.rules.most_bytes:
            raise Unfit(Reason.TOO_LARGE)
        got = 0
        with self.into.open("wb") as file:
            while piece := response.read1(PIECE):
                got += len(piece)
                if got > self.rules.most_bytes:
                    raise Unfit(Reason.TOO_LARGE)
                if self._over:
                    return
                file.write(piece)
        if response.length:
            raise OSError("It ended early.")


class Pinned(http.client.HTTPConnection):
    """Speaks over a connection that stands already, under the host's own name: in TLS, and in the header Host."""

    auto_open = 0

    def __init__(self, where: Place, plain: socket.socket) -> None:
        super().__init__(where.host, where.port)
        # Which port needs not be named in Host, the base class goes by.
        self.default_port = addresses.USUAL[where.scheme]
        try:
            encrypts = where.scheme == "https"
            self.sock = _tls().wrap_socket(plain, server_hostname=where.host) if encrypts else plain
        except (OSError, ValueError):
            plain.close()
            raise


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
