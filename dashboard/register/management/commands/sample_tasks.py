from __future__ import annotations

import sys
from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from dashboard.access.read_only import require_writing
from dashboard.checks import CheckedCommand
from dashboard.database import statistics
from dashboard.register.samples import add_samples

MOST = 10_000_000


class Command(CheckedCommand):
    help = "Adds a believable register of N tasks. For the sandbox only: these tasks exist nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, required=True, metavar="N")
        parser.add_argument("--seed", type=int, default=1, metavar="S")

    def handle(self, *args: Any, count: int, seed: int, **options: Any) -> None:
        require_writing()
        host = urlsplit(settings.TENSORSLAB_API_URL).hostname or ""
        if not _is_loopback(host):
            sys.exit(f"Sample tasks are for the sandbox. TENSORSLAB_API_URL names {host}, so nothing was added.")
        if not 1 <= count <= MOST:
            sys.exit(f"--count is {count:,}. Use a number from 1 to {MOST:,}.")
        added = add_samples(count=count, seed=seed, now=timezone.now())
        statistics.refresh_after(added)
        self.stdout.write(f"{added:,} sample task{'' if added == 1 else 's'} added.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
