"""The product around a measurement: a folder of its own, its settings, its web server and its workers."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen  # nosec B404 # each use below says what it starts
from typing import IO

import django

from bench import processes

WORKERS = {"sqlite": 1, "postgresql": 3}
"""As many as the product's supervisor starts."""
NOWHERE = "http://127.0.0.1:9"
"""An account for what sends nothing."""


@dataclass(frozen=True, kw_only=True)
class Place:
    folder: Path
    log: IO[bytes]

    def configure(self, database_url: str, *, settings: str = "dashboard.settings", **environment: object) -> None:
        """Our environment from here on, and that of what we start: the product's defaults but for what is named."""
        product = ("TENSORSLAB_", "DELETION_", "SECRET_", "DEBUG", "DJANGO_")
        for name in [name for name in os.environ if name.startswith(product)]:
            del os.environ[name]
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": settings,
            "ENV_FILE": os.devnull,
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": database_url,
            "TENSORSLAB_API_URL": NOWHERE,
            "TENSORSLAB_API_KEY": "bench",
            **{name: str(value) for name, value in environment.items()},
        }
        django.setup()

    def workers(self, number: int) -> AbstractContextManager[list[Popen[bytes]]]:
        return processes.running("manage.py", "worker", number=number, log=self.log)

    @contextmanager
    def web(self, *, workers: int) -> Iterator[Web]:
        """The product's web server, whose connections stay open between two requests."""
        from dashboard.monitoring import supervision

        self.collect_static()
        with self.served_by(lambda host: supervision.web_server(host, processes=workers)) as web:
            yield web

    def collect_static(self) -> None:
        """Before a web server starts, which looks for such files once."""
        from django.core.management import call_command

        call_command("collectstatic", interactive=False, verbosity=0)

    @contextmanager
    def served_by(self, command: Callable[[str], list[str]]) -> Iterator[Web]:
        """Whichever web server that is: `command` is told where to answer, and returns what Python is to run."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            host = f"127.0.0.1:{free.getsockname()[1]}"
        with processes.running(*command(host), log=self.log) as (server,):
            until(lambda: _answers(host), seconds=60)
            yield Web(host=host, server=server)


@dataclass(frozen=True, kw_only=True)
class Web:
    host: str
    server: Popen[bytes]

    def peak_memory(self) -> int:
        """Of the largest of its processes that answer."""
        return max(processes.peak_memory(child) for child in processes.children(self.server.pid))


@contextmanager
def place() -> Iterator[Place]:
    """Gone after the block; when that fails, the end of the log is told."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, (Path(name) / "log").open("wb") as log:
        try:
            yield Place(folder=Path(name), log=log)
        except Exception:
            # Whatever it was goes on; only now is there still a log to show.
            sys.stderr.write((Path(name) / "log").read_text(errors="replace")[-4000:])
            raise


@contextmanager
def undisturbed() -> Iterator[None]:
    """Waits for its turn where several measure on one machine: they lock the file that `BENCH_LOCK` names."""
    if not (name := os.environ.get("BENCH_LOCK")):
        yield
        return
    with Path(name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def until(true: Callable[[], bool], *, seconds: float, pause: float = 0.1) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"It did not come true in {seconds:g} s."
        time.sleep(pause)


def _answers(host: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}/healthz", timeout=5) as answer:  # nosec B310 # the scheme stands here, the host is one we started
            return bool(answer.status == 200)
    except OSError:
        return False
