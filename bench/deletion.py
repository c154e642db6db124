"""Deleting: how near a deletion comes to what the provider allows, what it costs, and whether memory stays flat."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from itertools import product

from bench import cases, report
from bench.deletion_case import Case, Run
from bench.deletion_figures import Figures

HELP = "10,000 ids at a provider that takes 200 ms, beside a bare loop; a worker's CPU and memory"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--items", type=int, default=10_000, help="ids of each timed deletion")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds the provider takes for an answer")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[4], help="calls in flight")
    parser.add_argument("--verify", nargs="+", choices=["none", "sample"], default=["none", "sample"])
    parser.add_argument("--repeat", type=int, default=3, help="how often each timed deletion is made")
    parser.add_argument(
        "--memory", type=int, nargs="*", default=[1000, 10_000, 100_000], help="ids, at a provider of 0 s"
    )


def run(options: Namespace, vendors: Sequence[str]) -> dict[str, object]:
    """Measures, prints, and returns the figures with every raw value."""
    # Each repetition goes through all cases, so that a disturbance does not strike one of them alone.
    timing = measured(timing_cases(options, vendors) * options.repeat)
    report.show(
        f"{options.items:,} ids, {options.latency * 1000:g} ms a call, deletes + look-ups. Wall time from confirmation "
        "to finish over the ideal (⌈calls ÷ in flight⌉ × latency): median (every run).",
        [figures.timing_row() for figures in timing],
    )
    memory = measured(memory_cases(options, vendors))
    report.show(
        "Provider at 0 ms, 4 calls in flight: what an item takes beside the smallest deletion, and peak memory of the "
        "largest worker and of a web process whose strip and deletion are looked at meanwhile.",
        [figures.memory_row(smallest(figures, memory)) for figures in memory],
    )
    return {
        "timing": [figures.timing() for figures in timing],
        "memory": [figures.memory() for figures in memory],
    }


def timing_cases(options: Namespace, vendors: Iterable[str]) -> list[Case]:
    return [
        Case(database=vendor, items=options.items, latency=options.latency, concurrency=concurrency, verify=verify)
        for verify, concurrency, vendor in product(options.verify, options.concurrency, vendors)
    ]


def smallest(figures: Figures, among: Iterable[Figures]) -> Figures:
    same = (one for one in among if one.case.database == figures.case.database)
    return min(same, key=lambda one: one.case.items)


def memory_cases(options: Namespace, vendors: Iterable[str]) -> list[Case]:
    return [
        Case(database=vendor, items=items, latency=0.0, concurrency=4, verify="none", peer=False)
        for vendor, items in product(vendors, options.memory)
    ]


def measured(chosen: Iterable[Case]) -> list[Figures]:
    runs: dict[Case, list[Run]] = {}
    for case in chosen:
        called = f"{case.database}: {case.items:,} ids, {case.concurrency} in flight, verify {case.verify}"
        runs.setdefault(case, []).append(Run(**cases.measured("bench.deletion_case", case, called=called)))
    return [Figures(case=case, runs=found) for case, found in runs.items()]
