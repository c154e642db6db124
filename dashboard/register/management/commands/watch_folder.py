from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import Error, connection

from dashboard.access.read_only import require_writing
from dashboard.checks import CheckedCommand
from dashboard.database import statistics
from dashboard.register import importing
from dashboard.register.watching.rounds import SETTLE, Watch

SHORTEST, LONGEST = 1.0, 86_400.0
SHARE = 9
"""So many times as long as a round took is waited after it, at least."""
NOT_STORED = "Nothing could be stored: {}. It is tried again each time."


class Command(CheckedCommand):
    help = (
        "Imports the .tensorslab_tasks folders and urls.yaml files in a folder, and in the folders in it, as they "
        "change. Ctrl-C ends it. What was read is kept in the database, so the next one goes on from there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--once", action="store_true", help="look once; exit 1 if something could not be read")
        parser.add_argument("--every", type=float, default=10.0, metavar="SECONDS", help="between two looks (10)")

    def handle(self, *args: Any, folder: Path, once: bool, every: float, **options: Any) -> None:
        require_writing()
        if not SHORTEST <= every <= LONGEST:
            raise CommandError(f"--every takes seconds from {SHORTEST:.0f} to {LONGEST:,.0f}.")
        folder = folder.absolute()
        if once and not folder.is_dir():
            raise CommandError(f"{folder} is not there, or is no folder.")
        watch = Watch(folder, say=self.stdout.write, complain=self.stderr.write)
        try:
            self._once(watch) if once else self._for_ever(watch, every=every)
        except KeyboardInterrupt:
            sys.exit("Interrupted. What was counted is stored." if once else 0)

    def _once(self, watch: Watch) -> None:
        taken = watch.round(now=time.time())
        if watch.waiting:
            time.sleep(SETTLE)
            taken = importing.Taken(*map(sum, zip(taken, watch.round(now=time.time()), strict=True)))
        added, updated, rejected = taken
        statistics.refresh_after(added + updated)
        left = f", {watch.waiting:,} still being written" if watch.waiting else ""
        self.stdout.write(f"{added:,} added, {updated:,} updated, {rejected:,} rejected{left}")
        if not watch.is_whole or watch.waiting:
            sys.exit(1)

    def _for_ever(self, watch: Watch, *, every: float) -> None:
        self.stdout.write(f"Watching {watch.folder}, every {every:g} seconds. Ctrl-C ends it.")
        trouble = ""
        while True:
            began = time.monotonic()
            try:
                added, updated, _ = watch.round(now=time.time())
                statistics.refresh_after(added + updated)
                trouble = ""
            except Error as error:
                sentence = NOT_STORED.format(str(error).strip())
                if sentence != trouble:
                    self.stderr.write(sentence)
                trouble = sentence
                if not connection.is_usable():
                    connection.close()
            time.sleep(max(every, SHARE * (time.monotonic() - began)))
