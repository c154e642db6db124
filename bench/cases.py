"""One case is measured in a process of its own, because settings are read once: `python -m bench.…_case '{…}'`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from bench import processes, product


def main(kind: Callable[..., Any], measure: Callable[[Any, product.Place], Any]) -> None:
    """What such a process does: reads its case, measures, and prints the figures as JSON."""
    processes.leave_at_sigterm()
    case = kind(**json.loads(sys.argv[1]))
    with product.place() as place:
        run = measure(case, place)
    sys.stdout.write(json.dumps(asdict(run)))


def measured(module: str, case: Any, *, called: str) -> dict[str, Any]:
    """The figures of such a process. It bounds itself: every wait in it ends."""
    print(called, end=" … ", flush=True)
    with processes.running("-m", module, json.dumps(asdict(case))) as (process,):
        printed, _ = process.communicate()
        if process.returncode:
            sys.exit(f"This case failed: {case}")
    print("done")
    figures: dict[str, Any] = json.loads(printed)
    return figures
