"""Importing: `manage.py import_tasks` beside the barest load of the same file into the same table."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import product
from statistics import median

from bench import cases, report
from bench.importing_case import Case, Run

HELP = "1,000,000 CSV rows by manage.py import_tasks, beside executemany and COPY"

MEGABYTE = 1_000_000
MEMORY = 200.0
"""Megabytes that an import may hold, however long its file."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the file")
    parser.add_argument("--repeat", type=int, default=1, help="how often it is loaded into an empty register")


def run(options: Namespace, vendors: Sequence[str]) -> dict[str, object]:
    runs: dict[Case, list[Run]] = {}
    for _ in range(options.repeat):
        for vendor, bare in product(vendors, (True, False)):
            chosen = Case(database=vendor, rows=options.rows, bare=bare)
            called = f"{vendor}: {options.rows:,} rows, {'bare load' if bare else 'import'}"
            runs.setdefault(chosen, []).append(Run(**cases.measured("bench.importing_case", chosen, called=called)))
    report.show(
        f"{options.rows:,} CSV rows; median of {options.repeat}. An import is a process, its start included.",
        [row for case, found in runs.items() for row in rows(case, found, runs)],
    )
    return {"loads": [{**asdict(case), "runs": [asdict(run) for run in found]} for case, found in runs.items()]}


def rows(case: Case, found: Sequence[Run], runs: Mapping[Case, Sequence[Run]]) -> list[dict[str, str]]:
    bare = median(run.seconds[0] for run in runs[replace(case, bare=True)])
    loads = zip(*(run.seconds for run in found), strict=True)
    names = ["bare load"] if case.bare else ["import", "the same file again"]
    memory = [max(peaks) / MEGABYTE for peaks in zip(*(run.memory for run in found), strict=True)]
    return [
        {
            "Database": case.database,
            "Load": name,
            "Seconds": f"{median(seconds):.2f}",
            "Rows / s": f"{case.rows / median(seconds):,.0f}",
            "÷ bare": f"{median(seconds) / bare:.2f}",
            "Peak MB": "–" if megabytes is None else f"{megabytes:.1f}",
            "Goal": report.goal(megabytes or 0, at_most=None if megabytes is None else MEMORY),
        }
        for name, seconds, megabytes in zip(names, loads, memory or [None], strict=True)
    ]
