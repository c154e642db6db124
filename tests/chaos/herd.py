"""The processes of one run: web and workers, which may be killed at any moment and are started again."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from dashboard.operations import supervision

ROOT = Path(__file__).parent.parent.parent


class Herd:
    """`with Herd(folder, port=…, workers=3, environ=…) as herd:` keeps them running until the block ends."""

    def __init__(self, folder: Path, *, port: int, workers: int, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.environ = dict(environ)
        web = supervision.web_server(f"127.0.0.1:{port}", processes=1, application="tests.chaos.wsgi")
        worker = ["-m", "tests.chaos.clocks", "worker"]
        self.commands = {"web": web}
        self.commands |= {f"worker{number}": worker for number in range(workers)}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.kills = 0
        self.deaths = 0
        self.lock = threading.RLock()
        self.ended = threading.Event()

    def __enter__(self) -> Self:
        for name in self.commands:
            self._start(name)
        self.minder = threading.Thread(target=self._mind, name="minder")
        self.minder.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self.minder.join()
        for process in self.running.values():
            process.terminate()
        for name, process in self.running.items():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._kill(name)

    def kill(self, dice: random.Random) -> str:
        """Ends one of them, and all it started, without a word; it is started again."""
        with self.lock:
            name = dice.choice(["web", *2 * sorted(set(self.commands) - {"web"})])
            self._kill(name)
            self.kills += 1
            return name

    def fill_disk(self, full: bool) -> None:
        """Nothing that they write arrives any more, as on a disk without room: a file may not grow past 0 bytes."""
        with self.lock:
            for pid in self._all():
                # It may have ended since it was found.
                with suppress(ProcessLookupError):
                    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else most, most))

    def _all(self) -> Iterator[int]:
        """Ours and what they forked."""
        groups = {process.pid for process in self.running.values()}
        for entry in Path("/proc").iterdir():
            with suppress(ProcessLookupError):
                if entry.name.isdigit() and os.getpgid(int(entry.name)) in groups:
                    yield int(entry.name)

    def _mind(self) -> None:
        while not self.ended.wait(0.1):
            with self.lock:
                for name, process in list(self.running.items()):
                    if process.poll() is not None:
                        self.deaths += process.returncode != -signal.SIGKILL
                        self._start(name)

    def _start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *self.commands[name]],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own, so that a killed web server takes the processes it forked with it.
                start_new_session=True,
            )

    def _kill(self, name: str) -> None:
        process = self.running[name]
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))
