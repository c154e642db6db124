"""Listing: pages of the register beside Django admin's changelist of the same rows, from the same server."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median

from bench import cases, report
from bench.listing_case import Case, Run, Timed
from bench.waits import milliseconds

HELP = "pages of 10,000 and 1,000,000 tasks beside Django admin's changelist of the same rows"

FASTER = {"first": 4, "deep": 6, "filter": 4, "last": 4, "search": 50, "id": 50}
"""How many times as fast as the changelist each page shall be on the largest register."""
GROWTH = 1.5
DEEP = 1.2
SEARCH = 3
"""Times the first page, for anything that is searched."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000], help="sizes of the register")
    parser.add_argument("--repeat", type=int, default=8, help="how often each page is loaded, ours and the peer's")


def run(options: Namespace, vendors: Sequence[str]) -> dict[str, object]:
    runs: list[Run] = []
    for vendor in vendors:
        for rows in sorted(options.rows):
            chosen = Case(database=vendor, rows=rows, repeat=options.repeat)
            figures = cases.measured("bench.listing_case", chosen, called=f"{vendor}: {rows:,} tasks")
            runs.append(Run(case=chosen, pages=[Timed(**page) for page in figures["pages"]]))
    for one in runs:
        report.show(
            f"{one.case.database}, {one.case.rows:,} tasks, 100 a page: milliseconds, median (95th percentile).",
            [beside(page, judged=one.case.rows == max(options.rows)) for page in one.pages if page.peer],
        )
    report.show("Deep page over first page, and growth with the register: ours, in turn with each other.", shapes(runs))
    return {"runs": [asdict(one) for one in runs]}


def beside(page: Timed, *, judged: bool) -> dict[str, str]:
    ratio = median(page.peer) / median(page.ours)
    return {
        "Page": page.name,
        "Ours": milliseconds(page.ours),
        "Django admin": milliseconds(page.peer),
        "Times as fast": f"{ratio:.1f}",
        "Goal": report.goal(ratio, at_least=FASTER[page.name] if judged else None),
    }


def shapes(runs: Sequence[Run]) -> list[dict[str, str]]:
    found = []
    for one in runs:
        pages = {page.name: median(page.in_turn) for page in one.pages}
        found.append(_shape(one.case, "deep ÷ first", pages["deep"] / pages["first"], at_most=DEEP))
        searched = [page.name for page in one.pages if not page.peer]
        found += [
            _shape(one.case, f"{name} ÷ first", pages[name] / pages["first"], at_most=SEARCH) for name in searched
        ]
        smallest = min((other for other in runs if other.case.database == one.case.database), key=_rows)
        if smallest is not one:
            # A page that shows more rows takes longer, and says nothing of the register.
            shown = {page.name: page.rows for page in one.pages}
            for page in (page for page in smallest.pages if shown[page.name] == page.rows):
                growth = pages[page.name] / median(page.in_turn)
                found.append(_shape(one.case, f"{page.name} ÷ at {_rows(smallest):,}", growth, GROWTH))
    return found


def _rows(run: Run) -> int:
    return run.case.rows


def _shape(measured: Case, name: str, ratio: float, at_most: float) -> dict[str, str]:
    return {
        "Database": measured.database,
        "Tasks": f"{measured.rows:,}",
        "Page": name,
        "Ratio": f"{ratio:.2f}",
        "Goal": report.goal(ratio, at_most=at_most),
    }
