from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class ChangelistConfig(AppConfig):
    name = "bench.changelist"

    def ready(self) -> None:
        from dashboard.inventory import listing

        # Where the product takes the size of a page from its settings, those have it.
        if not hasattr(settings, "TASKS_PER_PAGE"):
            listing.PAGE_SIZE = 100
