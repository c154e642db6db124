"""Ctrl-C through make: it waits for us without passing a SIGINT on, so we look at it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path


def watch() -> Callable[[], bool]:
    """Returns a function that says whether the make that started us was interrupted or died."""
    parent = os.getppid()
    try:
        name = Path(f"/proc/{parent}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        # Not Linux: there a Ctrl-C in the terminal, which reaches us directly, has to do.
        return lambda: False
    if name not in {"make", "gmake"}:
        return lambda: False
    # In the background of a script it ignores SIGINT from the start.
    heeds = _catches_sigint(parent)
    return lambda: os.getppid() != parent or (heeds and not _catches_sigint(parent))


def _catches_sigint(process: int) -> bool:
    """Make's handler first gives the signal its default action back, which Linux shows."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(caught >> (signal.SIGINT - 1) & 1)
