"""Where our pictures are kept: a folder, or a bucket. By token and name, such as `64.webp`."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings

from dashboard.buckets import Bucket

PIECE = 64 * 1024
LONGEST_USE = 3600
"""Seconds after which nobody needs a file that was being fetched."""


class Store(Protocol):
    def put(self, token: str, name: str, content: bytes | Path) -> None:
        """A file is copied."""

    def size(self, token: str, name: str) -> int | None:
        """None for what is not there."""

    def read(self, token: str, name: str, *, begin: int, length: int) -> Iterator[bytes]: ...

    def remove(self, token: str) -> None:
        """All that there is under it, if anything."""


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def _folder(self, token: str) -> Path:
        return self.root / token[:2] / token

    def put(self, token: str, name: str, content: bytes | Path) -> None:
        folder = self._folder(token)
        folder.mkdir(parents=True, exist_ok=True)
        # Appears whole or not at all.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
            if isinstance(content, bytes):
                draft.write(content)
            else:
                with content.open("rb") as file:
                    shutil.copyfileobj(file, draft)
        Path(draft.name).replace(folder / name)

    def size(self, token: str, name: str) -> int | None:
        try:
            return (self._folder(token) / name).stat().st_size
        except OSError:
            return None

    def read(self, token: str, name: str, *, begin: int, length: int) -> Iterator[bytes]:
        with (self._folder(token) / name).open("rb") as file:
            file.seek(begin)
            while length > 0 and (piece := file.read(min(PIECE, length))):
                length -= len(piece)
                yield piece

    def remove(self, token: str) -> None:
        shutil.rmtree(self._folder(token), ignore_errors=True)


def store() -> Store:
    return _store(settings.MEDIA_DIR, settings.MEDIA_BUCKET, settings.MEDIA_BUCKET_KEY)


@lru_cache(maxsize=4)
def _store(folder: Path, bucket: Bucket | None, key: tuple[str, str]) -> Store:
    if bucket is None:
        return Folder(folder / "kept")
    # Only who has a bucket needs to load what speaks with it.
    from dashboard.media.s3 import BucketStore

    return BucketStore(bucket, key)


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for what is being fetched; empty again afterwards."""
    root = settings.MEDIA_DIR / "fetching"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in root.iterdir():
        # By a worker that was killed.
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - LONGEST_USE:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=root) as folder:
        yield Path(folder)
