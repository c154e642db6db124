from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dashboard.access.read_only import require_writing
from dashboard.calls.models import Kind
from dashboard.checks import CheckedCommand
from dashboard.database import statistics
from dashboard.register import importing
from dashboard.register.importing import reading
from dashboard.register.importing.cells.entries import Entry, Note, Problem
from dashboard.register.importing.meter import Meter

ACTOR = "manage.py import_tasks"
INTERRUPTED = "Interrupted. What was counted is stored. Run it again to go on: it soon passes over what is stored."


class Command(CheckedCommand):
    help = (
        "Brings tasks in: CSV, an Excel workbook, JSON, a .tensorslab_tasks folder, urls.yaml, or ids, one a line, "
        "with --kind. Any but the workbook may be packed with gzip. What is stored stays, so an interrupted import is "
        "simply run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--kind", choices=Kind.values, default="", help="of what does not say its kind, such as ids alone"
        )

    def handle(self, *args: Any, files: list[Path], kind: str, **options: Any) -> None:
        require_writing()
        self.total = importing.Taken()
        complaint: str | bool = False
        try:
            for path in files:
                try:
                    self._take_in(path, kind=kind)
                except OSError as error:
                    complaint = True
                    self.stderr.write(f"{path} can't be read: {error.strerror or error}.")
        except KeyboardInterrupt:
            complaint = INTERRUPTED
        added, updated, rejected = self.total
        statistics.refresh_after(added + updated)
        self.stdout.write(f"{added:,} added, {updated:,} updated, {rejected:,} rejected")
        if complaint or rejected:
            sys.exit(complaint if isinstance(complaint, str) else 1)

    def _take_in(self, path: Path, *, kind: str) -> None:
        if path.is_dir():
            meter = Meter(self.stderr, name=f"{path.name}/")
            self._store(path, f"{path.name}/", reading.folder_digest(path), reading.read_folder(path), meter)
            return
        with path.open("rb") as stream:
            digest = importing.sha256(stream)
            entries = reading.Reading(stream, name=path.name, kind=kind)
            meter = Meter(self.stderr, name=path.name, stream=stream, size=os.fstat(stream.fileno()).st_size)
            self._store(path, path.name, digest, entries, meter)

    def _store(self, path: Path, source: str, digest: str, entries: Iterable[Entry], meter: Meter) -> None:
        before = self.total
        notes: dict[str, None] = {}

        def tell(found: Problem | Note) -> None:
            if isinstance(found, Note):
                notes[found.sentence] = None
                return
            meter.clear()
            place = path / found.file if found.file else path
            self.stderr.write(f"{place}:{found.line}: {found.sentence}")

        def progress(taken: importing.Taken) -> None:
            self.total = importing.Taken(*map(sum, zip(before, taken, strict=True)))
            meter.show(sum(taken))

        try:
            importing.take_in(source=source, digest=digest, entries=entries, actor=ACTOR, tell=tell, progress=progress)
        finally:
            meter.clear()
            for note in notes:
                self.stdout.write(f"{path}: {note}")
