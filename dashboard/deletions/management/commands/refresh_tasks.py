from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from dashboard.access.read_only import require_writing
from dashboard.calls import clock
from dashboard.calls.in_flight import let_threads_hurry
from dashboard.checks import CheckedCommand
from dashboard.deletions.dispatch import precedence
from dashboard.register.refreshing import refresh


class Command(CheckedCommand):
    help = "Looks tasks up at TensorsLab that were not looked up for long, and keeps what it says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=None, metavar="N", help="at most so many look-ups")
        parser.add_argument(
            "--older-than", type=float, default=24.0, metavar="HOURS", help="the last look-up is so long ago (24)"
        )

    def handle(self, *args: Any, limit: int | None, older_than: float, **options: Any) -> None:
        require_writing()
        if limit is not None and limit < 1:
            sys.exit(f"--limit is {limit}. Use a number from 1.")
        if not 0 <= older_than <= 1_000_000:
            sys.exit(f"--older-than is {older_than:g}. Use a number of hours from 0.")
        let_threads_hurry()
        done = refresh(
            older_than=timedelta(hours=older_than),
            limit=limit,
            actor="manage.py refresh_tasks",
            may_go_on=lambda: precedence.register_may_ask(now=clock.now()),
        )
        self.stdout.write(
            f"{done.looked_up:,} looked up, {done.missing:,} of them missing, {done.unanswered:,} without an answer"
        )
        if done.stopped:
            sys.exit(done.stopped)
