"""Notices a Ctrl-C through make, which waits for this process without passing SIGINT on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path


def watch() -> Callable[[], bool]:
    """Returns a function that tells whether the make that started this process was interrupted or died."""
    parent = os.getppid()
    try:
        name = Path(f"/proc/{parent}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        # Not Linux: there only a Ctrl-C from the terminal itself is noticed.
        return lambda: False
    if name not in {"make", "gmake"}:
        return lambda: False
    # A make in the background of a script ignores SIGINT from the start.
    heeds = _catches_sigint(parent)
    return lambda: os.getppid() != parent or (heeds and not _catches_sigint(parent))


def _catches_sigint(process: int) -> bool:
    """When make handles SIGINT it first restores the default action, which Linux shows."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(caught >> (signal.SIGINT - 1) & 1)
