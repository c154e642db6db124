"""A provider that only ever says Success, plain or under TLS: `python -m bench.connections_server [CERTIFICATE]`."""

from __future__ import annotations

import json
import ssl
import subprocess  # nosec B404 # each use below says what it starts
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

from bench import processes

HOST = "127.0.0.1"
ANSWER = json.dumps({"code": 1000, "msg": "Successfully", "data": {"status": "Success"}}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the connection's own thread: a handshake must not keep others from connecting.
        wrapped = request if self.tls is None else self.tls.wrap_socket(request, server_side=True)
        with wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet about a client that resets its connection, as ours does when it has its answer."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def certificate(folder: Path, *names: str) -> Path:
    """A new self-signed certificate for these names, such as `DNS:localhost`; its key is beside it."""
    made = folder / "certificate.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subject = ["-subj", "/CN=loopback", "-addext", f"subjectAltName={','.join(names)}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(made)]
    command = ["openssl", "req", "-x509", *curve, "-nodes", "-days", "2", *subject, *files]
    subprocess.run(command, check=True, capture_output=True)  # nosec B603 # a fixed command, no shell
    return made


@contextmanager
def running(*, tls: Path | None, log: IO[bytes]) -> Iterator[str]:
    """Its address, in a process of its own. `tls` is a certificate with its key beside it."""
    words = [] if tls is None else [str(tls)]
    with processes.running("-m", "bench.connections_server", *words, log=log) as (server,):
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield f"{'http' if tls is None else 'https'}://{HOST}:{port}"


def main() -> None:
    processes.leave_at_sigterm()
    with Server((HOST, 0), Handler) as server:
        if sys.argv[1:]:
            server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server.tls.load_cert_chain(sys.argv[1], Path(sys.argv[1]).with_name("key.pem"))
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
