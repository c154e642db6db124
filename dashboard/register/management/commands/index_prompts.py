from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from dashboard.access.read_only import require_writing
from dashboard.checks import CheckedCommand
from dashboard.database import listed, prompt_index


class Command(CheckedCommand):
    help = "Makes anew what triggers keep: the text index of the prompts, and which tasks the list shows unasked."

    def handle(self, *args: Any, **options: Any) -> None:
        require_writing()
        with transaction.atomic():
            listed.create(connection)
            prompt_index.create(connection)
        self.stdout.write("Every prompt is indexed, and every task is listed as its presence says.")
