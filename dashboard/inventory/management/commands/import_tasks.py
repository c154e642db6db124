from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dashboard.calls.models import Kind
from dashboard.inventory import importing
from dashboard.inventory.importing import reading

ACTOR = "manage.py import_tasks"


class Command(BaseCommand):
    help = "Brings tasks in: CSV, JSON lines, a .tensorslab_tasks folder, urls.yaml, or ids, one a line, with --kind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--kind", choices=Kind.values, default="", help="the kind of ids that stand alone")

    def handle(self, *args: Any, files: list[Path], kind: str, **options: Any) -> None:
        added = updated = rejected = 0
        unreadable = False
        for path in files:
            try:
                applied = take_in_path(path, kind=kind)
            except OSError as error:
                unreadable = True
                self.stderr.write(f"{path} can't be read: {error.strerror or error}.")
                continue
            added, updated = added + applied.added, updated + applied.updated
            rejected += len(applied.problems)
            for problem in applied.problems:
                place = path / problem.file if problem.file else path
                self.stderr.write(f"{place}:{problem.line}: {problem.sentence}")
            for note in applied.notes:
                self.stdout.write(f"{path}: {note}")
        self.stdout.write(f"{added:,} added, {updated:,} updated, {rejected:,} rejected")
        if rejected or unreadable:
            sys.exit(1)


def take_in_path(path: Path, *, kind: str) -> importing.Applied:
    """Raises `OSError`."""
    if path.is_dir():
        digest, entries = reading.folder_digest(path), reading.read_folder(path)
        return importing.take_in(source=f"{path.name}/", digest=digest, entries=entries, actor=ACTOR)
    with path.open("rb") as stream:
        digest = importing.sha256(stream)
        entries = reading.read(stream, name=path.name, kind=kind)
        return importing.take_in(source=path.name, digest=digest, entries=entries, actor=ACTOR)
