from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from dashboard.access.read_only import require_writing
from dashboard.checks import CheckedCommand
from dashboard.operations import erasing


class Command(CheckedCommand):
    help = "Puts a pseudonym where the database names a person, for good. What they did stays. The log still holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name with which they signed in")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        require_writing()
        try:
            pseudonym, names = erasing.erase(name)
        except erasing.Refused as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write(f"“{name}” is now “{pseudonym}”, in {names:,} places of the audit log.")
        self.stdout.write("Backups, exports, the access log and VAR_DIR/log keep what they hold.")
