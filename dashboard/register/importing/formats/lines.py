from __future__ import annotations

import codecs
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from dashboard.register.importing.formats.unpacking import Damaged

UNDECODED = re.compile("[\udc80-\udcff]")
FENCE = re.compile(r"```[\w+-]*\s*")
JOINED = re.compile("\u0a0d|(?<=[\u2000-\uffff])\u0d0a|(?<![\u0a00-\u0a7f])[\u0a20-\u0a7e]\\Z")
"""Signs of ASCII bytes that a program appended to UTF-16: their line ends, each read as half a character."""
NAMES = {"utf-8-sig": "UTF-8"}
LONGEST_LINE = 4_000_000
"""The most characters of one line in memory, also of a packed file."""
MOST_BLANK = 100_000
"""The most blank lines in a row. Forty million of them are a small packed file that would be read for minutes."""


# UTF-16 has no surrogate escapes.
codecs.register_error("undecoded", lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]


class Lines:
    """The numbered lines of a text in some encoding; lines can be put back.

    Bytes that can't be decoded become lone surrogates and a long line is cut, which `fault` finds: so a bad line costs
    only itself. Raises `Damaged` after too many blank lines.
    """

    def __init__(self, stream: BinaryIO, *, encoding: str, after: int = 0, whole: bool = True) -> None:
        """If not `whole`, a long line comes in parts with the same number."""
        errors = "surrogateescape" if encoding == "utf-8-sig" else "undecoded"
        # Referenced, because a wrapper that is collected closes the stream, which is not ours.
        self._text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=None)
        self._encoding, self._whole = encoding, whole
        self._number = self._blank = 0
        self._ended, self._fenced = True, False
        self._back: deque[tuple[int, str]] = deque()
        self.ahead = 0
        """Characters of the lines that were read ahead."""
        self.after = after

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        if not self._back:
            return self._read()
        line = self._back.popleft()
        self.ahead -= len(line[1])
        return line

    def _read(self) -> tuple[int, str]:
        text = self._text.readline(LONGEST_LINE)
        if not text:
            raise StopIteration
        if self._whole and len(text) == LONGEST_LINE:
            self._drop_the_rest(text)
        self._blank = self._blank + 1 if text.isspace() else 0
        if self._blank > MOST_BLANK:
            raise Damaged(f"More than {MOST_BLANK:,} blank lines follow one another here. What follows was not read.")
        begins = self._ended
        self._number += begins
        self._ended = self._whole or text.endswith("\n")
        return self._number, self._without_marks(text) if begins and text[0] in "\ufeff`" else text

    def _without_marks(self, text: str) -> str:
        """Removes byte order marks, which joined files have within, and the fences that a chat puts around code."""
        text = text.lstrip("\ufeff")
        if FENCE.fullmatch(text) and (self._fenced or self._number == 1):
            self._fenced = True
            return "\n"
        return text

    def put_back(self, lines: list[tuple[int, str]]) -> None:
        self._back.extendleft(reversed(lines))
        self.ahead += sum(len(text) for _number, text in lines)

    def peek(self, place: int) -> str | None:
        """The line after `place` others, without taking any; None if there is none."""
        while len(self._back) <= place:
            try:
                line = self._read()
            except StopIteration:
                return None
            self._back.append(line)
            self.ahead += len(line[1])
        return self._back[place][1]

    def first(self) -> str:
        """The first line that is not blank, without taking it."""
        for number, text in self:
            if text.strip():
                self.put_back([(number, text)])
                return text
        return ""

    @property
    def taken(self) -> int:
        """The number of the last line that was handled."""
        return self._back[0][0] - 1 if self._back else self._number

    def skip(self) -> None:
        """Takes the lines that an earlier reading has handled."""
        while self.taken < self.after and next(self, None):
            pass

    def release(self) -> None:
        self._text.detach()

    def _drop_the_rest(self, text: str) -> None:
        while text and not text.endswith("\n"):
            text = self._text.readline(LONGEST_LINE)

    def fault(self, number: int, text: str) -> str:
        """Why this line can't be read; empty if it can."""
        if not is_decoded(text) or ("utf-16" in self._encoding and JOINED.search(text)):
            return f"Line {number} is not {NAMES.get(self._encoding, self._encoding.upper())}."
        if len(text) >= LONGEST_LINE:
            return f"Line {number} is longer than {LONGEST_LINE:,} characters."
        return ""


def is_decoded(text: str) -> bool:
    return text.isascii() or not UNDECODED.search(text)
