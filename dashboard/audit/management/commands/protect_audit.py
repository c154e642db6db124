from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction

from dashboard.checks import CheckedCommand
from dashboard.database import append_only


class Command(CheckedCommand):
    help = "Puts back the triggers that keep the audit log append-only."

    def handle(self, *args: Any, **options: Any) -> None:
        found = {*append_only.missing(connection), *append_only.altered(connection)}
        with transaction.atomic():
            append_only.create(connection)
        foreign = append_only.altered(connection)
        put_back = sorted(found.difference(foreign))
        self.stdout.write(
            f"Put back: {', '.join(put_back)}." if put_back else "Every trigger stood; nothing was missing."
        )
        if foreign:
            raise CommandError(f"Not ours, so it stays: {', '.join(foreign)}. Look at what it does, and drop it.")
