"""Starts and stops the sandbox: in a thread for tests, or in the foreground until a signal."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from tensorslab_api.sandbox.files import FileHandler
from tensorslab_api.sandbox.handler import Handler
from tensorslab_api.sandbox.options import Options
from tensorslab_api.sandbox.world import Known, World, everything
from tensorslab_api.types import TaskKind

HOST = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """Listens on loopback only, with one thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    media = ""
    """Where the result files are, such as `http://127.0.0.1:8002`."""

    def __init__(self, port: int, world: World, handler: type[BaseHTTPRequestHandler]) -> None:
        self.world = world
        self.connections: set[socket.socket] = set()
        super().__init__((HOST, port), handler)

    @property
    def address(self) -> str:
        """The address, such as `http://127.0.0.1:8001`."""
        return f"http://{HOST}:{self.server_port}"

    def server_bind(self) -> None:
        """Binds without asking DNS for our own name, as the base class does: that can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, so that `stop` can cut it."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Closes a connection. One to be reset must not be shut down first: that would send FIN."""
        self.connections.discard(request)
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores clients that hang up, which the faults make them do."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Ends all answers and connections, and frees the port."""
        self.world.stopping.set()
        self.shutdown()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class Sandbox:
    """A sandbox in a thread: `with Sandbox(Options(mode=Mode.PARTIAL)) as sandbox: Client(base_url=sandbox.url, …)`.

    Port 0 takes a free one, and `media_port` is that of the result files. With `ledger_file` its deletions survive a
    restart; late deletions and rollbacks that are not due when it stops are lost. `known` tells which ids ever existed,
    and `clock` decides when late effects, rollbacks and lags are due. Raises OSError if a port is taken.
    """

    handler: type[Handler] = Handler
    """Tests can set a subclass of the handler."""

    def __init__(
        self,
        options: Options | None = None,
        *,
        port: int = 0,
        media_port: int = 0,
        ledger_file: Path | None = None,
        known: Known = everything,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.world = World(options or Options(), ledger_file, known=known, clock=clock)
        self._server = Server(port, self.world, self.handler)
        try:
            self._files = Server(media_port, self.world, FileHandler)
        except OSError:
            self._server.server_close()
            raise
        self._server.media = self._files.address
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
            for server in (self._server, self._files)
        ]

    @property
    def url(self) -> str:
        """The `base_url` for a client."""
        return self._server.address

    @property
    def port(self) -> int:
        """The port of the server."""
        return self._server.server_port

    @property
    def media_url(self) -> str:
        """Where its result files are."""
        return self._files.address

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._server.connections)

    def start(self) -> Self:
        """Starts to answer."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Cuts every connection and frees the port."""
        self._server.stop()
        self._files.stop()
        for thread in self._threads:
            thread.join()
        # Effects that are due must be written to the file.
        self.world.settle()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def control(self, **changes: Any) -> None:
        """Changes options like `POST /__control`. Raises ValueError if a value is wrong."""
        self.world.control(changes)

    def ledger(self) -> dict[str, Any]:
        """What it truly did, like `GET /__ledger`."""
        return self.world.ledger()

    def summary(self) -> dict[str, Any]:
        """The ledger's numbers, like `GET /__ledger?summary=1`."""
        return self.world.summary()

    def deleted(self, kind: TaskKind) -> set[str]:
        """The ids of this kind that are truly gone, without those that never existed."""
        return self.world.deleted(TaskKind(kind))

    def gone_at(self, kind: TaskKind, task_id: str, at: float) -> bool:
        """Whether it was deleted at that moment, by the sandbox's clock. False for an id that never existed."""
        return self.world.gone_at(TaskKind(kind), task_id, at)


def serve(
    *,
    port: int,
    media_port: int,
    options: Options | None = None,
    ledger_file: Path | None = None,
    known: Known = everything,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Runs a sandbox until SIGTERM or SIGINT, whose handlers it replaces. Raises OSError if the port is taken."""
    # A signal handler must not wait for a lock that what it interrupted may have: an Event has one.
    told: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: told.put(number))
    with Sandbox(options, port=port, media_port=media_port, ledger_file=ledger_file, known=known) as sandbox:
        ready(sandbox.url)
        told.get()
