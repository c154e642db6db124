"""`python -m bench.generating {provider|generator} …`: TensorsLab's generation calls, and a program that makes them."""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import requests

from tensorslab_api.tracking import Tracker

PATH = "/v1/images/seedreamv45"
PATIENCE = 120.0
HEADERS = {"Authorization": "Bearer a-key-of-the-account"}


class Provider(BaseHTTPRequestHandler):
    """Accepts every task, and says so without delay."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    numbers = count()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        data = {"taskid": f"abcd_{next(self.numbers):016x}"}
        said = json.dumps({"code": 1000, "msg": "Task created successfully", "data": data}).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))

    def log_message(self, *args: Any) -> None:
        pass


class Timed(Tracker):
    """Notes what each answer costs: from when `requests` has it until the generator gets it. And, since others may have
    the processor meanwhile, what as much work costs that does nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.added: list[float] = []
        self.idle: list[float] = []

    def _saw(self, response: requests.Response, *, streamed: bool) -> None:
        began, worked = time.perf_counter(), time.thread_time()
        super()._saw(response, streamed=streamed)
        ended, work = time.perf_counter(), time.thread_time() - worked
        while time.thread_time() - worked < 2 * work:
            pass
        self.added.append(ended - began)
        self.idle.append(time.perf_counter() - ended)


def provider() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def generator(options: dict[str, Any]) -> dict[str, Any]:
    """Makes calls with and without a tracker in turn, so that a disturbance affects both."""
    words = ("dashboard", "token", "spool", "api_url")
    tracker = Timed(**{name: options[name] for name in words})
    sessions = {"a tracked call": tracker.watch(requests.Session()), "a plain call": requests.Session()}
    seconds: dict[str, list[float]] = {name: [] for name in sessions}
    for number in range(options["tasks"]):
        for name, session in sessions.items():
            fields = {"prompt": f"A lighthouse at dusk, number {number}", "resolution": "2048x2048"}
            began = time.perf_counter()
            generate(session, options["api_url"], fields)
            seconds[name].append(time.perf_counter() - began)
    Path(options["made"]).touch()
    end = time.monotonic() + PATIENCE
    while not tracker.flush() and time.monotonic() < end:
        time.sleep(1)
    return {"seconds": {"added": tracker.added, "as much work": tracker.idle, **seconds}, "counts": tracker.counts}


def generate(session: requests.Session, api_url: str, fields: dict[str, str]) -> None:
    parts = [(name, (None, value)) for name, value in fields.items()]
    session.post(api_url + PATH, files=parts, headers=HEADERS, timeout=30).raise_for_status()


if __name__ == "__main__":
    if sys.argv[1] == "provider":
        provider()
    else:
        Path(sys.argv[3]).write_text(json.dumps(generator(json.loads(sys.argv[2]))), encoding="utf-8")
