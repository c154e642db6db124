"""History: 1,000 deletions and their items, whose pages and reports must not feel how many those are."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median

from bench import cases, report
from bench.history_case import Case, Run
from bench.waits import milliseconds

HELP = "pages of a history of 1,000 deletions and 10,000,000 items, and a report of a tenth of them"

MEGABYTE = 1_000_000


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--items", type=int, nargs="+", default=[100_000, 10_000_000], help="items of all deletions")
    parser.add_argument("--deletions", type=int, default=1000, help="one of them holds a tenth of all items")
    parser.add_argument("--repeat", type=int, default=20, help="how often each page is loaded")


def run(options: Namespace, vendors: Sequence[str]) -> dict[str, object]:
    runs: list[Run] = []
    for vendor in vendors:
        for items in sorted(options.items):
            chosen = Case(database=vendor, items=items, deletions=options.deletions, repeat=options.repeat)
            called = f"{vendor}: {options.deletions:,} deletions, {items:,} items"
            runs.append(Run(**cases.measured("bench.history_case", chosen, called=called) | {"case": chosen}))
    smallest, largest = min(options.items), max(options.items)
    for vendor in vendors:
        few, many = ([one for one in runs if one.case.database == vendor][place] for place in (0, -1))
        report.show(
            f"{vendor}, {options.deletions:,} deletions: milliseconds a page, median (95th percentile).",
            [page(name, few, many, smallest, largest) for name in many.pages],
        )
    report.show(
        "report.csv of the largest deletion, and the web process at its peak before and after it.",
        [download(one) for one in runs],
    )
    return {"runs": [asdict(one) for one in runs]}


def page(name: str, few: Run, many: Run, smallest: int, largest: int) -> dict[str, str]:
    return {
        "Page": name,
        f"{smallest:,} items": milliseconds(few.pages[name]),
        f"{largest:,} items ": milliseconds(many.pages[name]),
        "Growth": f"{median(many.pages[name]) / median(few.pages[name]):.2f}",
    }


def download(one: Run) -> dict[str, str]:
    return {
        "Database": one.case.database,
        "Items": f"{one.report_items:,}",
        "Seconds": f"{one.report_seconds:.1f}",
        "MB": f"{one.report_size / MEGABYTE:.1f}",
        "Before MB": f"{one.memory_before / MEGABYTE:.1f}",
        "After MB": f"{one.memory_after / MEGABYTE:.1f}",
    }
