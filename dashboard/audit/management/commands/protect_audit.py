from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from dashboard.audit import triggers


class Command(BaseCommand):
    help = "Puts back the triggers that keep the audit log append-only."

    def handle(self, *args: Any, **options: Any) -> None:
        lacking = triggers.missing(connection)
        with transaction.atomic():
            triggers.create(connection)
        self.stdout.write(
            f"Put back: {', '.join(lacking)}." if lacking else "Every trigger stood; nothing was missing."
        )
