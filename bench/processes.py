"""Starting processes that never outlive us, and reading from /proc what they cost."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30.0


@contextmanager
def running(*command: str, number: int = 1, log: IO[bytes] | None = None) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many Python processes of one command, in a session of their own, which end with the block and with us."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(number):
            processes.append(_start(command, log))  # noqa: PERF401 (what was started must end, should the next one fail)
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            _wait(process)


def _start(command: tuple[str, ...], log: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        # A Ctrl-C in the terminal reaches us alone; leaving the block then ends them in the right order.
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _end_with_parent() -> None:
    """Asks the kernel to stop us when the process that started us was killed without a chance to."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def leave_at_sigterm() -> None:
    """Lets a SIGTERM unwind the blocks we are in, once."""

    def leave(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit("Stopped.")

    signal.signal(signal.SIGTERM, leave)


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """User and system time since it started, all threads."""
    stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii", errors="replace")
    # The name of the program, in brackets, may hold spaces; what follows it is numbers.
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak_memory(process: subprocess.Popen[bytes]) -> int:
    """The most bytes it ever held in memory."""
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(f"Process {process.pid} has ended.")
