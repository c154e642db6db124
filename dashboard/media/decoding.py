"""Foreign files are decoded by another program (`decoder.py`): slow, broken or hostile ones end there."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess  # nosec B404 # each use below says what it starts
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from dashboard.media.models import Reason

PROGRAM = Path(__file__).with_name("decoder.py")
SECONDS = 30.0
"""For one file, on the clock; its processor time is bounded by the program itself."""
POLL = 0.1
LARGEST = 16 * 1024 * 1024


class Interrupted(Exception):
    """Somebody else needs the worker. The file is as it was."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    reason: Reason | None = None
    """Why there is nothing; None when there is."""
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    frames: int | None = None
    film: str = ""
    parts: dict[str, bytes] = field(default_factory=dict)
    """Files by name, all of them WebP."""


class Decoder:
    """`with Decoder() as decoder: decoder.decode(…)`: one program for many files, started at the first."""

    def __init__(self, *, program: Path = PROGRAM, seconds: float = SECONDS) -> None:
        self.program, self.seconds = program, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """With its child, should it have one."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def decode(self, file: Path, *, format: str, may_go_on: Callable[[], bool] = lambda: True) -> Decoded:
        """Raises `Interrupted` when it may not go on."""
        try:
            answer = self._asked(f"{format} {file}\n".encode(), may_go_on)
        except OSError:
            answer = b""
        if not answer:
            # It died, or took too long: the next file gets a new one.
            self.close()
            return Decoded(reason=Reason.UNDECODABLE)
        return _read(answer)

    def _asked(self, line: bytes, may_go_on: Callable[[], bool]) -> bytes:
        """The answer; empty when there is none in time."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = self._start()
        pipes = self._process.stdin, self._process.stdout
        if pipes[0] is None or pipes[1] is None:
            return b""
        pipes[0].write(line)
        pipes[0].flush()
        wanted, got, ends = 8, bytearray(), time.monotonic() + self.seconds
        with selectors.DefaultSelector() as selector:
            selector.register(pipes[1], selectors.EVENT_READ)
            while len(got) < wanted:
                if not may_go_on():
                    self.close()
                    raise Interrupted
                if not selector.select(POLL):
                    if time.monotonic() > ends:
                        return b""
                    continue
                piece = os.read(pipes[1].fileno(), 1024 * 1024)
                if not piece:
                    return b""
                got += piece
                if wanted == 8 and len(got) >= 8:
                    wanted = 8 + int.from_bytes(got[:8], "big")
                    if wanted > 8 + LARGEST:
                        return b""
        return bytes(got[8:])

    def _start(self) -> subprocess.Popen[bytes]:
        # Isolated, and without an environment: no secret of ours is where a hostile file could reach it.
        return subprocess.Popen(  # nosec B603 # our own program, no shell
            [sys.executable, "-I", str(self.program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )


def _read(answer: bytes) -> Decoded:
    head, _, rest = answer.partition(b"\n")
    told = json.loads(head)
    parts, begin = {}, 0
    for name, length in told.pop("parts"):
        parts[name] = rest[begin : begin + length]
        begin += length
    reason = told.pop("reason", "")
    return Decoded(reason=Reason(reason) if reason else None, parts=parts, **told)
