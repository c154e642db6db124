"""Connections: what a fresh one for every call costs, beside one that is kept, plain and under TLS."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median

from bench import cases, report
from bench.connections_case import Case, Run

HELP = "a fresh connection for every call beside a kept one, plain and under TLS"

PEER = "kept: requests.Session"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--calls", type=int, default=200, help="calls in a row, each way")
    parser.add_argument("--rounds", type=int, default=15, help="how often the ways take turns")


def run(options: Namespace, vendors: Sequence[str]) -> dict[str, object]:
    """No database takes part."""
    runs: list[tuple[Case, Run]] = []
    for tls in (False, True):
        case = Case(tls=tls, calls=options.calls, rounds=options.rounds)
        called = f"{options.rounds} × {options.calls} calls, {'TLS' if tls else 'plain'}"
        runs.append((case, Run(**cases.measured("bench.connections_case", case, called=called))))
    report.show(
        "Microseconds a call on loopback: median (least) of all rounds. CPU is the caller's, without the server's.",
        [row for case, found in runs for row in rows(case, found)],
    )
    return {"runs": [{**asdict(case), **asdict(found)} for case, found in runs]}


def rows(case: Case, found: Run) -> list[dict[str, str]]:
    return [
        {
            "Wire": "TLS" if case.tls else "plain",
            "Connection": name,
            "CPU": microseconds(found.cpu[name]),
            "÷ peer": ratio(found.cpu, name),
            "Wall": microseconds(found.wall[name]),
            "÷ peer ": ratio(found.wall, name),
        }
        for name in found.cpu
    ]


def microseconds(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1_000_000:,.0f} ({min(seconds) * 1_000_000:,.0f})"


def ratio(found: Mapping[str, Sequence[float]], name: str) -> str:
    return f"{median(found[name]) / median(found[PEER]):.2f}"
