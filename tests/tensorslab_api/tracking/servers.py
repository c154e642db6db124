"""Two small servers on loopback: TensorsLab's generation calls, and a dashboard's `POST /api/tasks/`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    path: str
    headers: Message
    body: bytes


class Said(NamedTuple):
    status: int = 200
    body: bytes | dict[str, Any] = b""
    headers: dict[str, str] = {}
    missing: int = 0
    """Bytes that it announces and never sends."""


@contextmanager
def serving(answer: Callable[[Asked], Said], *, port: int = 0) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = answer(Asked(self.path, self.headers, body))
            sent = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            head = f"HTTP/1.1 {said.status} -\r\nContent-Length: {len(sent) + said.missing}\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in said.headers.items())
            self.wfile.write(head.encode() + b"\r\n" + sent)
            self.close_connection = bool(said.missing)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def accepted(task_id: str) -> Said:
    return Said(body={"code": 1000, "msg": "Task created successfully", "data": {"taskid": task_id}})


@dataclass
class Dashboard:
    """Knows tasks by kind and id, as the real one does, and how often each was added."""

    tasks: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    answers: list[Said] = field(default_factory=list)
    """Said in place of its own, first to last."""

    def __call__(self, asked: Asked) -> Said:
        self.asked.append(asked)
        if self.answers:
            return self.answers.pop(0)
        counts = {"added": 0, "updated": 0, "unchanged": 0}
        problems = []
        tasks = json.loads(asked.body)["tasks"]
        keys = [(task.get("kind"), task.get("task_id")) for task in tasks]
        assert len(tasks) <= 1000
        assert len(set(keys)) == len(keys)
        for index, (key, task) in enumerate(zip(keys, tasks, strict=True)):
            if key[1] == "unacceptable":
                problems.append({"index": index, "problem": "The task_id is not one."})
                continue
            known = self.tasks.get(key)
            counts["added" if known is None else "unchanged" if {**known, **task} == known else "updated"] += 1
            self.tasks[key] = {**(known or {}), **task}
        return Said(body={**counts, "problems": problems})
