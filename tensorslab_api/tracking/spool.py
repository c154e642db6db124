"""A folder that keeps tasks until the dashboard has them: files to which lines are only ever added.

Each process adds to a file of its own, which it holds locked (`flock`); a file that nobody holds is finished, and any
process may deliver and remove it. So several processes share a folder, and what a killed one left is taken over by the
next. A line is handed to the system before `append` returns: it survives the process, whatever ends that. It is on the
disk (`fsync`) when `sync` was called, once a second: a power cut costs what came in that second.

Needs POSIX, and a folder on a disk of this machine.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

Line = dict[str, Any]
NAMES = "tasks-*.jsonl"
REFUSED = "refused.jsonl"
LONGEST_FILE = 4 * 1024 * 1024
"""Bytes after which `sync` begins another file."""


class Full(Exception):
    """The folder holds as much as it may."""


class Spool:
    def __init__(self, folder: Path, *, limit: int) -> None:
        """`limit` is of all of its files together, in bytes. Nothing is touched yet."""
        self.folder = folder
        self.limit = limit
        self.start_anew()

    def start_anew(self) -> None:
        """In a forked process the files in hand are still its parent's."""
        for fd in getattr(self, "_in_hand", ()):
            with suppress(OSError):
                os.close(fd)
        self._in_hand: set[int] = set()
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._length = 0
        self._is_dirty = False
        self._others = 0
        """Bytes in other files, when last counted."""

    def append(self, task: Line) -> None:
        """Raises Full, or OSError where the folder can't be written; nothing of the line is there then."""
        line = json.dumps(task, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"
        with self._lock:
            if self._fd is None:
                self._fd, self._length = self._begin(), 0
            if self._others + self._length + len(line) > self.limit:
                raise Full
            try:
                written = os.write(self._fd, line)
                if written < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                # Else the next line would be glued to a piece of this one.
                os.ftruncate(self._fd, self._length)
                raise
            self._length += len(line)
            self._is_dirty = True

    def _begin(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            path = self.folder / f"tasks-{time.time_ns()}-{os.getpid()}.jsonl"
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:
                self._in_hand.add(fd)
                return fd
            # Another process took it for one that was left behind, in the moment before it was locked.
            os.close(fd)

    def sync(self) -> None:
        """Writes to the disk what was added, and begins another file if this one is long."""
        with self._lock:
            fd, self._is_dirty = self._fd if self._is_dirty else None, False
            long = self._length > LONGEST_FILE
        # Only `seal` closes it, in the same thread.
        if fd is not None:
            os.fsync(fd)
        if long:
            self.seal()

    def seal(self) -> None:
        """Gives up the own file, so that it is delivered. The next line begins another."""
        with self._lock:
            self._others += self._length
            fd, self._fd, self._length, self._is_dirty = self._fd, None, 0, False
        if fd is not None:
            try:
                os.fsync(fd)
            finally:
                self._let_go(fd)

    def finished(self) -> Generator[list[bytes]]:
        """The lines of each finished file, oldest first. It is removed when the next one is asked for.

        So a file whose lines were not delivered stays if the iterator is closed there. A last line that was cut off is
        among them.
        """
        for path in sorted(self.folder.glob(NAMES)):
            with self._taken(path) as fd:
                if fd is None:
                    continue
                lines = path.read_bytes().splitlines()
                if lines:
                    yield lines
                path.unlink(missing_ok=True)

    @contextmanager
    def _taken(self, path: Path) -> Iterator[int | None]:
        """None if a living process adds to it, or has taken it."""
        try:
            fd = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            yield None
            return
        self._in_hand.add(fd)
        try:
            yield fd if _lock_now(fd) and os.fstat(fd).st_nlink else None
        finally:
            self._let_go(fd)

    def _let_go(self, fd: int) -> None:
        self._in_hand.discard(fd)
        # Not left to closing: a process that was forked meanwhile may have the same file open.
        fcntl.flock(fd, fcntl.LOCK_UN)
        os.close(fd)

    def set_aside(self, lines: list[Line]) -> bool:
        """Keeps what the dashboard refused, each with its `problem`. False if there is no room for it."""
        text = b"".join(json.dumps(line, ensure_ascii=False).encode(errors="replace") + b"\n" for line in lines)
        path = self.folder / REFUSED
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.fstat(fd).st_size + len(text) > self.limit // 8:
                return False
            os.write(fd, text)
            os.fsync(fd)
        finally:
            os.close(fd)
        return True

    def measure(self) -> None:
        """Counts anew what the other files hold, of which some were removed by others."""
        total = 0
        with self._lock:
            own = self._length
        for path in self.folder.glob("*.jsonl"):
            with suppress(OSError):
                total += path.stat().st_size
        with self._lock:
            self._others = max(total - own, 0)


def _lock_now(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
