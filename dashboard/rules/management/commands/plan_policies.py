from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from dashboard.access import acting
from dashboard.calls import accounts, clock
from dashboard.checks import CheckedCommand
from dashboard.pages.moments import for_record
from dashboard.rules.policies import planning
from dashboard.rules.policies.planning import Difference, Part, Planned
from dashboard.rules.policies.reading import Wrong, read

WOULD_GO = 2


class Command(CheckedCommand):
    help = (
        "Tells what the policies would delete now, and sends nothing. Exit 0 when nothing would go, 2 when something "
        "would, 1 when a policy can't be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, dir: Path, username: str, as_json: bool, **options: Any) -> None:
        now = clock.now()
        try:
            planned = planning.plan(read(dir, username=username), now=now)
        except Wrong as wrong:
            sys.exit(str(wrong))
        difference = planning.compare(planned)
        if not settings.READ_ONLY:
            planning.keep(planned, now=now)
        self.stdout.write(_json(planned, difference) if as_json else _text(planned, difference))
        sys.exit(WOULD_GO if planned.goes else 0)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--dir", type=Path, default=settings.BASE_DIR / "policies", help="of the *.toml (policies)")
    acting.add_argument(parser)
    parser.add_argument("--json", action="store_true", dest="as_json")


def _text(planned: Planned, difference: Difference | None) -> str:
    lines: list[str] = []
    for part in planned.parts:
        number = len(part.numbers)
        lines.append(f"{part.policy.name}: {number:,} task{'' if number == 1 else 's'}, of {_kinds(part)}")
        lines += [f"  {kind} {task_id}" for kind, task_id in part.samples]
        if part.is_over:
            lines.append(f"  More than its cap of {part.policy.cap:,}: nothing of it goes.")
    if difference:
        since = for_record(difference.since)
        lines.append(f"Since the plan of {since}: {difference.came:,} came, {difference.went:,} went.")
    lines.append(f"{len(planned.goes):,} would be deleted on {accounts.current_host()}.")
    return "\n".join([*lines, f"Plan {planned.fingerprint}"])


def _kinds(part: Part) -> str:
    return ", ".join(f"{number:,} {kind}s" for kind, number in part.kinds.items())


def _json(planned: Planned, difference: Difference | None) -> str:
    told = {
        "plan": planned.fingerprint,
        "host": accounts.current_host(),
        "total": len(planned.goes),
        "policies": [
            {
                "name": part.policy.name,
                "owner": part.policy.owner.get_username(),
                "filter": part.policy.filter,
                "count": len(part.numbers),
                "cap": part.policy.cap,
                "over_cap": part.is_over,
                "kinds": part.kinds,
                "fingerprint": part.fingerprint,
                "samples": [{"kind": kind, "task_id": task_id} for kind, task_id in part.samples],
            }
            for part in planned.parts
        ],
        "difference": difference
        and {"since": difference.since.isoformat(), "came": difference.came, "went": difference.went},
    }
    return json.dumps(told, ensure_ascii=False, indent=1)
