"""Clients that occupy a web server as long as it lets them: `python -m bench.slow_clients HOST NUMBER`."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress

from bench import processes

PACE = 1.0
"""Seconds for each byte."""
LARGE = "/static/admin/js/vendor/jquery/jquery.js"
"""The largest public file, 285 kB: more than the sockets buffer for a slow reader."""
FORM = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"
KINDS = {
    "silent": ("", ""),
    "head": ("GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "x"),
    "body": (f"POST /login/ HTTP/1.1\r\nHost: localhost\r\n{FORM}", "x"),
    "reader": (f"GET {LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n", ""),
}
"""What each sends first, and every second from then on."""


def play(kind: str, address: tuple[str, int], connected: threading.Semaphore) -> None:
    """Connects again after each disconnection."""
    opening, more = KINDS[kind]
    while True:
        with suppress(OSError), socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Packets as in a network: with those of loopback the kernel alone would buffer a megabyte.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
            client.settimeout(PACE)
            client.connect(address)
            connected.release()
            client.sendall(opening.encode())
            while goes_on(client, more, reads=kind == "reader"):
                pass
        time.sleep(0.1)


def goes_on(client: socket.socket, more: str, *, reads: bool) -> bool:
    """Only a reader goes on after data. The others were refused then, and begin again."""
    try:
        received = client.recv(1)
    except TimeoutError:
        client.sendall(more.encode())
        return True
    time.sleep(PACE)
    return reads and received != b""


def main() -> None:
    processes.leave_at_sigterm()
    host, port = sys.argv[1].split(":")
    number = int(sys.argv[2])
    connected = threading.Semaphore(0)
    for kind in [*KINDS] * (number // len(KINDS)):
        threading.Thread(target=play, args=(kind, (host, int(port)), connected), daemon=True).start()
    for _ in range(number):
        connected.acquire()
    print("connected", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
