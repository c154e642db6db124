from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from dashboard.access.read_only import require_writing
from dashboard.calls import clock
from dashboard.checks import CheckedCommand
from dashboard.rules.management.commands import plan_policies
from dashboard.rules.policies import applying, planning
from dashboard.rules.policies.reading import Wrong, read

ANOTHER = "This is not what the policies would delete now: plan again, look at it, and apply that. Nothing was sent."


class Command(CheckedCommand):
    help = (
        "Deletes exactly what a plan told, each policy as a deletion of its owner. Exit 1, and nothing is sent, when "
        "the set or a policy changed since."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        plan_policies.add_arguments(parser)
        parser.add_argument("--plan", required=True, metavar="FINGERPRINT", help="of the plan that was looked at")

    def handle(self, *args: Any, dir: Path, username: str, as_json: bool, plan: str, **options: Any) -> None:
        require_writing()
        now = clock.now()
        try:
            planned = planning.plan(read(dir, username=username), now=now)
            if plan != planned.fingerprint:
                raise applying.Refused(ANOTHER)
            deletions = applying.apply(planned, now=now)
        except (Wrong, applying.Refused) as refusal:
            sys.exit(str(refusal))
        if as_json:
            told = [
                {"id": str(row), "policy": row.rule_name, "total": row.size, "state": row.state} for row in deletions
            ]
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
            return
        for row in deletions:
            self.stdout.write(
                f"{row.rule_name}: {row.size:,} tasks, {row.get_absolute_url()}, {row.state_words.lower()}"
            )
        if not deletions:
            self.stdout.write("There is nothing to delete.")
