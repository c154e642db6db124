"""Unpacks a file if it is gzip, whatever its name is, in small pieces."""

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
    """The rest of the file can't be read. The text is a sentence for people."""


@contextmanager
def unpacked(stream: BinaryIO, *, most: int | None) -> Iterator[tuple[io.BufferedReader, bool]]:
    """The content, at most `most` bytes, and whether it was packed. Reading raises `Damaged`; `stream` stays open."""
    whole = io.BufferedReader(cast(io.RawIOBase, stream), PIECE)
    packed = whole.peek(2)[:2] == GZIP
    source = cast(BinaryIO, gzip.GzipFile(fileobj=whole)) if packed else cast(BinaryIO, whole)
    try:
        yield io.BufferedReader(_Unpacked(source, most=most), PIECE), packed
    finally:
        # A reader that is collected closes its stream.
        whole.detach()


class _Unpacked(io.RawIOBase):
    def __init__(self, source: BinaryIO, *, most: int | None) -> None:
        self._source = source
        self._most = most
        self._read = 0
        self._failed: Damaged | None = None
        """Raised after the data before it was returned."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fills the buffer, so that `peek` sees more than gzip's first few bytes."""
        if self._failed:
            raise self._failed
        room = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(room) and (piece := self._piece(len(room) - filled)):
            room[filled : filled + len(piece)] = piece
            filled += len(piece)
        if self._failed and not filled:
            raise self._failed
        return filled

    def _piece(self, size: int) -> bytes:
        try:
            piece: bytes = self._source.read1(size)  # type: ignore[attr-defined]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._failed = Damaged("The gzip file is damaged or cut off here. What follows was not read.")
            self._failed.__cause__ = error
            return b""
        self._read += len(piece)
        if self._most is not None and self._read > self._most:
            size = self._most // 1_000_000
            self._failed = Damaged(f"The file unpacks to more than {size:,} MB. What follows was not read.")
            return b""
        return piece
