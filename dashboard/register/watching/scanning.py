"""What a watched folder holds now. Nothing is opened, no link is followed, and what is looked at is bounded."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

RECORDS, URL_MAP = ".tensorslab_tasks", "urls.yaml"
DEEPEST = 8
"""Folders within folders."""
MOST_ENTRIES = 200_000
"""Entries of all folders that one round looks at."""
LARGEST_RECORD, LARGEST_MAP = 10_000_000, 100_000_000
"""Bytes. A client's record has some thousand."""
LINK = "It is a link, and links are not followed."
TOO_LARGE = "It has {:,} bytes. A client's has at most {:,}; bring it in with import_tasks if it is meant."
TOO_MANY = (
    "There are more than {:,} files and folders. Those that come later are not looked at: watch a smaller folder."
)


class Found(NamedTuple):
    path: str
    """In the watched folder, with slashes."""
    stamp: str
    mtime: float


@dataclass
class Scan:
    sources: dict[str, list[Found]] = field(default_factory=dict)
    """By the path of a folder of records, or of a `urls.yaml`: each is one import."""
    troubles: dict[str, str] = field(default_factory=dict)
    """A sentence by path."""


def stamp_of(status: os.stat_result) -> str:
    """Differs once a file is written, or another is put in its place."""
    return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"


def scan(folder: Path) -> Scan:
    """Raises OSError if the folder itself can't be read: it may come back."""
    scan = Scan()
    # Everything but the folder itself may vanish or be locked while the others are read.
    with os.scandir(folder):
        pass
    walk = _Walk(folder, scan)
    if folder.name == RECORDS:
        walk.records(PurePosixPath())
    else:
        walk.folder(PurePosixPath(), depth=0)
    return scan


class _Walk:
    def __init__(self, root: Path, scan: Scan) -> None:
        self.root, self.scan = root, scan
        self.left = MOST_ENTRIES

    def folder(self, path: PurePosixPath, *, depth: int) -> None:
        for entry in self._entries(path):
            here = path / entry.name
            if entry.name in {RECORDS, URL_MAP} and entry.is_symlink():
                self.scan.troubles[str(here)] = LINK
            elif entry.name == URL_MAP:
                self._file(entry, here, source=str(here), limit=LARGEST_MAP)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name == RECORDS:
                    self.records(here)
                elif not entry.name.startswith(".") and depth < DEEPEST:
                    self.folder(here, depth=depth + 1)

    def records(self, path: PurePosixPath) -> None:
        for entry in self._entries(path):
            # A client writes under a name with a dot, and renames when it is done.
            if entry.name.endswith(".json") and not entry.name.startswith("."):
                self._file(entry, path / entry.name, source=str(path), limit=LARGEST_RECORD)

    def _entries(self, path: PurePosixPath) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / path) as entries:
                found = sorted(islice(entries, self.left + 1), key=lambda entry: entry.name)
        except OSError as error:
            self.scan.troubles[str(path)] = f"It can't be read: {error.strerror}."
            return
        if len(found) > self.left:
            self.scan.troubles[""] = TOO_MANY.format(MOST_ENTRIES)
        allowed = found[: self.left]
        self.left -= len(allowed)
        yield from allowed

    def _file(self, entry: os.DirEntry[str], path: PurePosixPath, *, source: str, limit: int) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            # It was there a moment ago.
            return
        if stat.S_ISLNK(status.st_mode):
            self.scan.troubles[str(path)] = LINK
        elif not stat.S_ISREG(status.st_mode):
            self.scan.troubles[str(path)] = "It is no file."
        elif status.st_size > limit:
            self.scan.troubles[str(path)] = TOO_LARGE.format(status.st_size, limit)
        else:
            found = Found(str(path), stamp_of(status), status.st_mtime)
            self.scan.sources.setdefault(source, []).append(found)
