"""The progress of a long reading: a bar on a terminal, elsewhere a line from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import BinaryIO

from django.core.management.base import OutputWrapper

WIDTH = 24
EVERY_ON_A_TERMINAL = 0.2
EVERY_ELSEWHERE = 10.0
CLEAR = "\r\x1b[K"


class Meter:
    def __init__(
        self,
        out: OutputWrapper,
        *,
        name: str,
        stream: BinaryIO | None = None,
        size: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stream` is the file that is read, of `size` bytes; without it only the rows are shown."""
        self._out, self._name, self._stream, self._size, self._clock = out, name, stream, size, clock
        self._terminal = out.isatty()
        self._every = EVERY_ON_A_TERMINAL if self._terminal else EVERY_ELSEWHERE
        self._began = self._shown = clock()
        self._drawn = False

    def show(self, rows: int) -> None:
        now = self._clock()
        if now < self._shown + self._every:
            return
        self._shown = now
        line = self._line(rows, seconds=now - self._began)
        if self._terminal:
            self._write(CLEAR + line)
            self._drawn = True
        else:
            self._write(f"{line}\n")

    def clear(self) -> None:
        """Call it before any other output."""
        if self._drawn:
            self._write(CLEAR)
            self._drawn = False

    def _line(self, rows: int, *, seconds: float) -> str:
        words = [self._name]
        done = min(self._stream.tell() / self._size, 1.0) if self._stream and self._size else 0.0
        if done:
            full = round(done * WIDTH)
            words += [f"[{'#' * full}{'.' * (WIDTH - full)}]", f"{done:4.0%}"] if self._terminal else [f"{done:.0%}"]
        words += [f"{rows:,} rows", f"{rows / seconds:,.0f} rows/s"]
        if done:
            left = round(seconds * (1 - done) / done)
            words.append(f"{left // 60}:{left % 60:02} left")
        return "  ".join(words)

    def _write(self, text: str) -> None:
        self._out.write(text, style_func=str, ending="")
        self._out.flush()
