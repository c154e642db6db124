"""A host of files on loopback that answers whatever a test has it answer, byte for byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

Answer = bytes | Callable[[socket.socket, threading.Event], None]
"""What is written; or what writes, until it is told to stop."""


def ok(body: bytes, *headers: str, content_type: str = "image/png") -> bytes:
    return head("200 OK", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers) + body


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1")


def redirect(location: str, *headers: str) -> bytes:
    return head("302 Found", f"Location: {location}", "Content-Length: 0", *headers)


@dataclass
class Host:
    answers: dict[str, Answer] = field(default_factory=dict)
    """By path."""
    tls: ssl.SSLContext | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """The request lines that came, each with its headers."""

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.name = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if self.tls else 'http'}://{self.name}"
        self.stopping = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopping.set()
        self.close()

    def close(self) -> None:
        """Nobody is there any more."""
        with contextlib.suppress(OSError):
            # Or the thread that waits in it would take one more.
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            speaking = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with speaking:
                got = b""
                while b"\r\n\r\n" not in got and (piece := speaking.recv(65536)):
                    got += piece
                if not got:
                    # It came and went.
                    return
                line, *headers = got.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
                self.asked.append((line, dict(header.split(": ", 1) for header in headers)))
                path = line.split(" ")[1].partition("?")[0]
                answer = self.answers.get(path, head("404 Not Found", "Content-Length: 0"))
                if isinstance(answer, bytes):
                    speaking.sendall(answer)
                else:
                    answer(speaking, self.stopping)
