"""Starts processes that never outlive this one, and reads their costs from /proc."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess  # nosec B404 # each use below says what it starts
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30.0


@contextmanager
def running(
    *command: str, number: int = 1, talks: bool = False, **others: Any
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Python processes of one command, each in its own session, which end with the block and with this process.

    Their output goes to stderr, or to a pipe if they `talk`.
    """
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(number):
            process = subprocess.Popen(  # nosec B603 # our own programs, no shell
                [sys.executable, *command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else sys.stderr,
                # A Ctrl-C in the terminal must reach this process only; leaving the block then ends them in the right
                # order.
                start_new_session=True,
                preexec_fn=_end_with_parent,
                **others,
            )
            started.append(process)
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=PATIENCE)
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def first_line(process: subprocess.Popen[bytes]) -> str:
    """The line that it prints when it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline().decode().strip()
    assert line, "It ended before it was ready."
    return line


def _end_with_parent() -> None:
    """Makes the kernel stop this process if its parent is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def leave_at_sigterm() -> None:
    """Lets the first SIGTERM unwind the open blocks."""

    def leave(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit("Stopped.")

    signal.signal(signal.SIGTERM, leave)


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """User and system time since its start, all threads."""
    stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii", errors="replace")
    # The name of the program, in brackets, may contain spaces; only numbers follow it.
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> int:
    """The most bytes it ever had in memory."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(f"Process {pid} has ended.")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def to_its_end(*command: str, seconds: float) -> tuple[float, int]:
    """Seconds from a Python process's start to its end, and the most bytes it had in memory."""
    began = time.perf_counter()
    peak = 0
    with running(*command) as (process,):
        while process.poll() is None:
            assert time.perf_counter() - began < seconds, f"It did not end in {seconds:g} s."
            with suppress(ProcessLookupError):
                peak = peak_memory(process.pid)
            time.sleep(0.02)
        assert process.returncode == 0, f"It ended with {process.returncode}: {command}"
    return time.perf_counter() - began, peak
