"""Data that an import stores in the database until it is done."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO

from dashboard.register.models import ImportBatch, ImportPiece

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 1 << 20
ROLE = ImportPiece.Role
# The fastest level already shrinks rows and prompts to a fifth.
QUICKLY = 1


def save(batch: ImportBatch, role: ImportPiece.Role, data: bytes, *, number: int, count: int = 0) -> None:
    packed = zlib.compress(data, QUICKLY)
    ImportPiece.objects.create(batch=batch, role=role, number=number, count=count, data=packed)


def replace(piece: ImportPiece, data: bytes) -> None:
    ImportPiece.objects.filter(pk=piece.pk).update(data=zlib.compress(data, QUICKLY))


def save_upload(batch: ImportBatch, stream: BinaryIO) -> None:
    stream.seek(0)
    number = 0
    while piece := stream.read(PIECE):
        save(batch, ROLE.UPLOAD, piece, number=number)
        number += 1


def content(piece: ImportPiece) -> bytes:
    return zlib.decompress(piece.data)


class Incomplete(ValueError):
    """The stored pieces are not the whole file."""


class Upload(io.RawIOBase):
    """The stored file as a stream, with one piece in memory at a time."""

    def __init__(self, batch: ImportBatch) -> None:
        self._size = batch.size
        self._pieces = ImportPiece.objects.filter(batch=batch, role=ROLE.UPLOAD)
        self._number = 0
        self._rest = memoryview(b"")
        self._offset = 0
        self._skipped = 0
        """Bytes of the next piece that are before the sought position."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._offset = max(offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._size}[whence], 0)
        self._number, skipped = divmod(self._offset, PIECE)
        self._rest, self._skipped = memoryview(b""), skipped
        return self._offset

    def tell(self) -> int:
        return self._offset

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if not self._rest:
            piece = self._pieces.filter(number=self._number).first()
            if piece is None:
                # The upload was interrupted, so the stored pieces are not the whole file.
                if self._offset < self._size:
                    raise Incomplete(f"{self._offset} of {self._size} bytes were kept.")
                return 0
            self._rest = memoryview(content(piece))[self._skipped :]
            self._number, self._skipped = self._number + 1, 0
        room = memoryview(buffer).cast("B")
        taken, self._rest = self._rest[: len(room)], self._rest[len(room) :]
        room[: len(taken)] = taken
        self._offset += len(taken)
        return len(taken)
