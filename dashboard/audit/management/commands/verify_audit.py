from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent, AuditHead


class Command(BaseCommand):
    help = "Checks that no entry of the audit log was changed, removed or moved. Exit status 1 if one was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--export", metavar="FILE", type=Path, help="also write every entry, as JSON lines")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["export"]:
            self._export(options["export"])
        if broken := chain.verify():
            self.stdout.write(f"The audit log does not hold. {broken}")
            sys.exit(1)
        head = AuditHead.objects.filter(pk=chain.HEAD).first() or AuditHead()
        self.stdout.write(f"The audit log holds: {head.sequence:,} entries, the chain ends in {head.hash}.")

    def _export(self, file: Path) -> None:
        try:
            with file.open("w", encoding="utf-8") as lines:
                for event in chain.in_order(AuditEvent.objects.all()):
                    lines.write(chain.canonical(chain.as_dict(event)) + "\n")
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from error
        self.stdout.write(f"Every entry is written to {file}.")
