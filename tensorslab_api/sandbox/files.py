"""The host of the result files: another origin than the provider's, as it is with the real one.

`GET /<kind>/<id>.<ending>`; what shall go wrong is its query: `slow=5` waits so many seconds, `dead=410` answers so,
`to=…` leads elsewhere, and `as=` makes it `html`, `svg`, a `bomb`, a `half` of itself, or `endless`.
"""

from __future__ import annotations

import struct
import zlib
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from tensorslab_api.sandbox import painting
from tensorslab_api.sandbox.existence import in_shard
from tensorslab_api.types import TaskKind

if TYPE_CHECKING:
    from tensorslab_api.sandbox.server import Server

LONGEST_WAIT = 300


class FileHandler(BaseHTTPRequestHandler):
    """Gives files away to whoever asks, as such hosts do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        kind, _, name = url.path.removeprefix("/").partition("/")
        task_id, _, ending = unquote(name).rpartition(".")
        if kind not in set(TaskKind) or ending not in painting.TYPES or not task_id:
            self.answer(404)
            return
        options = self.server.world.options
        self.server.world.stopping.wait(number(query.get("slow"), options.media_latency))
        dead = int(number(query.get("dead"), 404 if self.is_dead(TaskKind(kind), task_id) else 0))
        if 400 <= dead <= 599:
            self.answer(dead)
            return
        if "to" in query:
            self.answer(302, Location=query["to"])
            return
        content = painting.file(TaskKind(kind), task_id, ending)
        self.answer(200, spoilt(content, query.get("as", "")), painting.TYPES[ending])
        while query.get("as") == "endless" and not self.server.world.stopping.is_set():
            self.wfile.write(content)

    def is_dead(self, kind: TaskKind, task_id: str) -> bool:
        """Its file goes with the task, if the options don't keep it, or take it before."""
        world, options = self.server.world, self.server.world.options
        gone = not options.media_stays and world.gone_at(kind, task_id, world.clock())
        return gone or task_id in options.media_dead or in_shard(task_id, options.media_dead_shard)

    def answer(self, status: int, body: bytes = b"", content_type: str = "text/plain", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if "as=endless" in self.path:
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def spoilt(content: bytes, way: str) -> bytes:
    """What is not what its address says."""
    script = b"<script>alert(1)</script>"
    # The header of a picture that would take 10.8 GB.
    bomb = content[:16] + struct.pack(">II", 60_000, 60_000) + content[24:29]
    ways = {
        "html": b"<!DOCTYPE html>" + script,
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + script + b"</svg>",
        "bomb": bomb + struct.pack(">I", zlib.crc32(bomb[12:])) + content[33:],
        "half": content[: len(content) // 2],
    }
    return ways.get(way, content)


def number(text: str | None, otherwise: float) -> float:
    """From 0 to the longest wait; what can't be read is not heeded."""
    try:
        return min(max(float(text or otherwise), 0.0), max(LONGEST_WAIT, 599))
    except ValueError:
        return otherwise
