from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from dashboard.inventory import prompt_index


class Command(BaseCommand):
    help = "Makes the text index of the prompts anew, with the triggers that keep it in step."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            prompt_index.create(connection)
        self.stdout.write("Every prompt is indexed.")
