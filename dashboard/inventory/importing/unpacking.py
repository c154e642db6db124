"""A file as it should be read: unpacked when it is gzip, whatever its name, a piece at a time."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP = b"\x1f\x8b"
PIECE = 1 << 16


class Damaged(Exception):
    """The rest of the file can't be read. The text is the sentence the operator reads."""


@contextmanager
def unpacked(stream: BinaryIO, *, most: int | None = None) -> Iterator[io.BufferedReader]:
    """`most` bytes at most. Reading raises `Damaged`; `stream` stays open."""
    whole = io.BufferedReader(cast(io.RawIOBase, stream), PIECE)
    packed = whole.peek(2)[:2] == GZIP
    source = cast(BinaryIO, gzip.GzipFile(fileobj=whole)) if packed else cast(BinaryIO, whole)
    try:
        yield io.BufferedReader(_Unpacked(source, most=most), PIECE)
    finally:
        # A reader that is collected closes what it reads from.
        whole.detach()


class _Unpacked(io.RawIOBase):
    def __init__(self, source: BinaryIO, *, most: int | None) -> None:
        self._source = source
        self._most = most
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer).cast("B")
        try:
            piece = self._source.read1(len(room))  # type: ignore[attr-defined]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Damaged("The gzip file is damaged or cut off here. What follows was not read.") from error
        self._read += len(piece)
        if self._most is not None and self._read > self._most:
            raise Damaged(f"The file unpacks to more than {self._most // 1_000_000:,} MB. What follows was not read.")
        room[: len(piece)] = piece
        return len(piece)
