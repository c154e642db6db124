from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

UNDECODED = re.compile("[\udc80-\udcff]")


class Lines:
    """The numbered lines of a UTF-8 file, with or without a byte order mark; lines can be put back.

    Bytes that are not UTF-8 become lone surrogates, which `is_utf8` finds: so one bad line costs one line.
    """

    def __init__(self, stream: BinaryIO) -> None:
        # Kept, because a wrapper that is collected closes the stream, which is not ours.
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline=None)
        self._number = 0
        self._back: deque[tuple[int, str]] = deque()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        if self._back:
            return self._back.popleft()
        text = self._text.readline()
        if not text:
            raise StopIteration
        self._number += 1
        return self._number, text

    def put_back(self, lines: list[tuple[int, str]]) -> None:
        self._back.extendleft(reversed(lines))

    def first(self) -> str:
        """The first line that is not blank, without taking it."""
        for number, text in self:
            if text.strip():
                self.put_back([(number, text)])
                return text
        return ""

    def release(self) -> None:
        self._text.detach()


def is_utf8(text: str) -> bool:
    return not UNDECODED.search(text)


def not_utf8(line: int) -> str:
    return f"Line {line} is not UTF-8."
