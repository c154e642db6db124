"""Clients that hold a web server up, for as long as they are let live: `python -m bench.serving_slow HOST NUMBER`."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from bench import processes

PACE = 1.0
"""Seconds for each byte."""
LARGE = "/static/admin/js/vendor/jquery/jquery.js"
"""The largest file that anybody may ask for, 285 kB: more than the sockets hold on the way to who reads little."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    opening: bytes
    more: bytes = b""
    """What is sent every second from then on."""
    reads: bool = False
    """Goes on reading what comes. The others have lost when anything comes, and begin anew."""


KINDS = {
    "silent": Kind(opening=b""),
    "head": Kind(opening=b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", more=b"x"),
    "body": Kind(
        opening=b"POST /login/ HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n",
        more=b"x",
    ),
    "reader": Kind(opening=f"GET {LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), reads=True),
}


def play(kind: Kind, address: tuple[str, int], connected: threading.Semaphore) -> None:
    """Connects again whenever it was dropped."""
    while True:
        with suppress(OSError), socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Packets as over a network: with those of loopback the kernel alone would hold a megabyte.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
            client.settimeout(PACE)
            client.connect(address)
            connected.release()
            client.sendall(kind.opening)
            while goes_on(client, kind):
                pass
        time.sleep(0.1)


def goes_on(client: socket.socket, kind: Kind) -> bool:
    try:
        received = client.recv(1)
    except TimeoutError:
        client.sendall(kind.more)
        return True
    time.sleep(PACE)
    return kind.reads and received != b""


def main() -> None:
    processes.leave_at_sigterm()
    host, port = sys.argv[1].split(":")
    number = int(sys.argv[2])
    connected = threading.Semaphore(0)
    for kind in list(KINDS.values()) * (number // len(KINDS)):
        threading.Thread(target=play, args=(kind, (host, int(port)), connected), daemon=True).start()
    for _ in range(number):
        connected.acquire()
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
