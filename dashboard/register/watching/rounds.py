"""One look at a watched folder after another: what is new is imported, and what is wrong is said once."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from dashboard.pages.foreign import plain
from dashboard.register import importing
from dashboard.register.importing import reading
from dashboard.register.importing.cells.entries import Entry, Note, Problem
from dashboard.register.watching.progress import Progress
from dashboard.register.watching.scanning import URL_MAP, Found, Scan, scan, stamp_of

ACTOR = "manage.py watch_folder"
SETTLE = 2.0
"""Seconds for which a file must not have changed: its writer may be at it."""
MOST_PROBLEMS = 100
"""Problems of one import that are told one by one."""
AWAY = "It can't be read: {}. It is looked for again each time."


class Watch:
    def __init__(self, folder: Path, *, say: Callable[[str], None], complain: Callable[[str], None]) -> None:
        self.folder = folder
        self._say, self._complain = say, complain
        self._progress = Progress(folder)
        self._told: dict[str, str] = {}
        self._before: dict[str, str] = {}
        """Stamps of files that were being written when last looked at."""
        self.is_whole = True
        """Whether all that was there could be read and stored."""

    @property
    def waiting(self) -> int:
        """Files that were left, because they are still being written."""
        return len(self._before)

    def round(self, *, now: float) -> importing.Taken:
        """Imports what was written since the last one, and is not being written. `now` is a time as files have it."""
        try:
            found = scan(self.folder)
        except OSError as error:
            self._tell({"": AWAY.format(error.strerror)})
            return importing.Taken()
        taken = importing.Taken()
        young: dict[str, str] = {}
        for source, files in found.sources.items():
            new = [file for file in files if not self._progress.is_read(file)]
            settled = [file for file in new if self._is_settled(file, now=now)]
            young |= {file.path: file.stamp for file in new if file not in settled}
            if settled:
                taken = importing.Taken(*map(sum, zip(taken, self._take_in(source, settled, found), strict=True)))
        self._before = young
        self._progress.forget_others([file for files in found.sources.values() for file in files])
        self._tell(found.troubles)
        return taken

    def _is_settled(self, file: Found, *, now: float) -> bool:
        # The second for clocks that differ: a file may be from the future for hours.
        return file.mtime <= now - SETTLE or self._before.get(file.path) == file.stamp

    def _tell(self, troubles: dict[str, str]) -> None:
        for path, sentence in troubles.items():
            if self._told.get(path) != sentence:
                self._complain(f"{self._place(path)}: {sentence}")
        self._told = troubles
        self.is_whole = self.is_whole and not troubles

    def _place(self, path: str) -> str:
        return _shown(str(self.folder / path))

    def _take_in(self, source: str, files: list[Found], scan: Scan) -> importing.Taken:
        read = _Read(self.folder, files, scan)
        problems = 0

        def tell(found: Problem | Note) -> None:
            nonlocal problems
            if isinstance(found, Problem):
                problems += 1
                if problems <= MOST_PROBLEMS:
                    self._complain(f"{self._place(found.file or source)}:{found.line}: {found.sentence}")

        # A map is named by its file, records by their folder, as `import_tasks` does.
        name = Path(source).name or self.folder.name
        name = name if name == URL_MAP else f"{name}/"
        taken = importing.take_in(source=name, digest=read.digest, entries=read.entries(), actor=ACTOR, tell=tell)
        if problems > MOST_PROBLEMS:
            self._complain(f"{self._place(source)}: and {problems - MOST_PROBLEMS:,} problems more.")
        self._progress.note(read.whole)
        self.is_whole = self.is_whole and not taken.rejected
        self._say(
            f"{self._place(source)}: {taken.added:,} added, {taken.updated:,} updated, {taken.rejected:,} rejected"
        )
        return taken


class _Read:
    """The entries of some files of one source, read once."""

    def __init__(self, folder: Path, files: list[Found], scan: Scan) -> None:
        self._folder, self._files, self._scan = folder, files, scan
        self._digest = hashlib.sha256()
        self.whole: list[Found] = []
        """Those that were as they had been found, from their first byte to the last."""

    def digest(self) -> str:
        return self._digest.hexdigest()

    def entries(self) -> Iterator[Entry]:
        for file in self._files:
            try:
                content, is_same = _content(self._folder / file.path, file.stamp)
            except OSError as error:
                # It is asked for again each time, and told once.
                self._scan.troubles[file.path] = f"It can't be read: {error.strerror}."
                continue
            if not is_same:
                # Written at this moment: the next round has it.
                continue
            self._digest.update(content)
            yield from reading.record_entries(BytesIO(content), name=_shown(file.path))
            self.whole.append(file)


def _shown(path: str) -> str:
    """A path may hold bytes that are no text, and characters that no terminal should get."""
    return plain(path).replace("\n", "␤")


def _content(path: Path, stamp: str) -> tuple[bytes, bool]:
    """The bytes, and whether they are those of the file that was found there."""
    # What has taken its place may be a link, or a pipe that nobody writes to.
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as stream:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or stamp_of(status) != stamp:
            return b"", False
        content = stream.read(status.st_size + 1)
        return content, stamp_of(os.fstat(fd)) == stamp and len(content) == status.st_size
