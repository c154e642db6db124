"""`make chaos`: runs of random people against random trouble, each compared with what the provider truly did.

The seed of every run is printed. `--seeds 7` plays number 7 once more: the same choices, in processes that keep
their own time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

from tests.chaos.one_run import NATURES, Plan
from tests.cluster import Cluster

ROOT = Path(__file__).parent.parent.parent
BEHAVIOURS = list(product(["all_or_nothing", "partial", "lenient"], ["failure", "success"]))
"""How the provider treats a list with a bad id, and an id that is gone already: each seed has one of them."""
MISSING = ["http", "code", "bad_request", "null_data"]
"""In which form it says that there is no such task."""
UNAPPROVED = ["declined", "withdrawn", "approval_expired", "approval_voided"]
COLUMNS = {
    "seed": 5,
    "database": 11,
    "behaviour": 24,
    "nature": 13,
    "items": 7,
    "deletes": 8,
    "look-ups": 9,
    "lost": 6,
    "kills": 6,
    "approved": 9,
    "other ends": 11,
    "holds": 6,
    "seconds": 8,
    "wrong": 6,
}


def main() -> None:
    wanted = _arguments()
    plans = list(_plans(wanted))
    print(_line({name: name for name in COLUMNS}), flush=True)
    wrong = 0
    with ThreadPoolExecutor(wanted.at_once) as pool:
        for result in pool.map(run, plans):
            _tell(result)
            wrong += bool(result["violations"])
            if wanted.save:
                with Path(wanted.save).open("a") as file:
                    file.write(json.dumps(result) + "\n")
    print(f"{len(plans)} runs, {wrong} with violations")
    sys.exit(bool(wrong))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 3, 5], help="one run of each")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=30, help="how long there is trouble; then it calms down")
    parser.add_argument("--kill-every", type=float, default=2.0, help="seconds between two kills")
    parser.add_argument("--at-once", type=int, default=1, help="runs side by side")
    parser.add_argument("--save", help="a file to which each result is added as a line of JSON")
    return parser.parse_args()


def _plans(wanted: argparse.Namespace) -> Iterator[Plan]:
    for seed, database in product(wanted.seeds, wanted.databases):
        mode, already_gone = BEHAVIOURS[seed % len(BEHAVIOURS)]
        if database == "postgresql" and not Cluster.available():
            print("PostgreSQL's programs are not installed; its runs are left out.", file=sys.stderr)
            continue
        yield Plan(
            seed=seed,
            database=database,
            mode=mode,
            already_gone=already_gone,
            missing=MISSING[seed % len(MISSING)],
            nature=list(NATURES)[seed % len(NATURES)],
            clocks=seed % 2 == 0,
            tasks=wanted.tasks,
            seconds=wanted.seconds,
            kill_every=wanted.kill_every,
        )


def run(plan: Plan) -> dict[str, Any]:
    """One run in a process of its own. A run that breaks off counts as a violation."""
    command = [sys.executable, "-m", "tests.chaos.one_run", json.dumps(asdict(plan))]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        return asdict(plan) | {"violations": [f"The run itself failed:\n{done.stderr}"]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _tell(result: dict[str, Any]) -> None:
    calls, people = result.get("calls", {}), result.get("people", {})
    row = {
        "seed": result["seed"],
        "database": result["database"],
        "behaviour": f"{result['mode']}, {result['already_gone']}",
        "nature": result["nature"],
        "items": result.get("items"),
        "deletes": calls.get("delete"),
        "look-ups": calls.get("look_up"),
        "lost": result.get("lost"),
        "kills": result.get("troubles", {}).get("kill"),
        "approved": people.get("deletion.approved", 0),
        "other ends": sum(people.get(f"deletion.{ending}", 0) for ending in UNAPPROVED),
        "holds": people.get("hold.placed", 0),
        "seconds": result.get("took"),
        "wrong": len(result["violations"]),
    }
    print(_line(row), flush=True)
    for violation in result["violations"][:20]:
        print(f"      {violation}", flush=True)


def _line(row: dict[str, Any]) -> str:
    return " ".join(f"{row[name]!s:>{width}}" for name, width in COLUMNS.items())


if __name__ == "__main__":
    main()
