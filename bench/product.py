"""The product around a measurement: its settings, its web server and its workers."""

from __future__ import annotations

import fcntl
import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen  # nosec B404 # processes.py starts them

from bench import processes

WORKERS = {"sqlite": 1, "postgresql": 3}
"""As many as the product's supervisor starts."""
NOWHERE = "http://127.0.0.1:9"
"""An account for measurements that send nothing."""
NOT_OURS = ("TENSORSLAB_", "DELETION_", "REFRESH_", "SECRET_", "DEBUG", "DJANGO_")


def environment(folder: Path, database_url: str, **others: object) -> dict[str, str]:
    """The product's defaults, except for `others`; its files go into the folder."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    return outer | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "ENV_FILE": os.devnull,
        "VAR_DIR": str(folder),
        "DATABASE_URL": database_url,
        "TENSORSLAB_API_URL": NOWHERE,
        "TENSORSLAB_API_KEY": "bench",
        # Only what is measured is done.
        "REFRESH_CALLS_PER_MINUTE": "0",
        **{name: str(value) for name, value in others.items()},
    }


def workers(vendor: str) -> AbstractContextManager[list[Popen[bytes]]]:
    return processes.running("manage.py", "worker", number=WORKERS[vendor])


@dataclass(frozen=True, kw_only=True)
class Web:
    host: str
    server: Popen[bytes]

    def peak_memory(self) -> int:
        """The peak of its largest worker process."""
        return max(processes.peak_memory(child) for child in processes.children(self.server.pid))


@contextmanager
def web(*, workers: int) -> Iterator[Web]:
    """The product's web server, whose connections stay open between two requests."""
    from dashboard.operations import supervision

    with served_by(lambda host: supervision.web_server(host, processes=workers)) as found:
        yield found


@contextmanager
def served_by(command: Callable[[str], list[str]]) -> Iterator[Web]:
    """Any web server: `command` takes the address, and returns Python's arguments."""
    from django.core.management import call_command

    # A server looks for such files once, when it starts.
    call_command("collectstatic", interactive=False, verbosity=0)
    host = free_host()
    with processes.running(*command(host)) as (server,):
        until(lambda: _answers(host), seconds=60)
        yield Web(host=host, server=server)


def free_host() -> str:
    """An address on which no server listens yet."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def undisturbed() -> Iterator[None]:
    """Waits for its turn if several measure on one machine: they lock the file in `BENCH_LOCK`."""
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
    with suppress(OSError), urllib.request.urlopen(f"http://{host}/healthz", timeout=5) as answer:  # nosec B310 # the scheme stands here, the host is one we started
        return bool(answer.status == 200)
    return False
