"""Serving: the product's web server beside gunicorn's own threads and granian, with and without slow clients."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median

from bench import cases, report
from bench.serving_case import PATIENCE, PROBED, Case, Run, Served

HELP = "the web server beside gunicorn gthread and granian, with and without slow clients"

OURS = "ours (waitress)"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=10_000, help="size of the register whose first page is shown")
    parser.add_argument("--slow", type=int, default=200, help="slow clients, a fourth of each kind")
    parser.add_argument("--seconds", type=float, default=60, help="of each server beside slow clients")
    parser.add_argument("--load", type=float, default=10, help="seconds of each turn without them")
    parser.add_argument("--repeat", type=int, default=3, help="how often the servers take turns without them")


def run(options: Namespace, vendors: Sequence[str]) -> dict[str, object]:
    """On SQLite: what is measured lies before the database."""
    case = Case(rows=options.rows, slow=options.slow, seconds=options.seconds, load=options.load, repeat=options.repeat)
    figures = cases.measured("bench.serving_case", case, called=f"3 servers, {case.slow} slow clients")
    found = Run(servers={name: Served(**served) for name, served in figures["servers"].items()})
    report.show("Pages a second, median of all turns, with people alone.", pages(found.servers))
    report.show(
        f"Milliseconds, 99th percentile; what had no answer in {PATIENCE:g} s counts as so long. "
        f"Beset is beside {case.slow} slow clients: silent, slow heads, slow bodies, slow readers.",
        probes(found.servers),
    )
    return {"case": asdict(case), **asdict(found)}


def pages(servers: Mapping[str, Served]) -> list[dict[str, str]]:
    ours = median(servers[OURS].per_second)
    return [
        {
            "Server": name,
            "Pages a second": f"{median(served.per_second):.1f}",
            "÷ ours": f"{median(served.per_second) / ours:.2f}",
        }
        for name, served in servers.items()
    ]


def probes(servers: Mapping[str, Served]) -> list[dict[str, str]]:
    ours = servers[OURS]
    return [
        {
            "Server": name,
            "Path": path,
            "Quiet": f"{1000 * served.quiet[path]['p99']:,.1f}",
            "Beset": f"{1000 * served.beset[path]['p99']:,.1f}",
            "÷ quiet": f"{served.beset[path]['p99'] / served.quiet[path]['p99']:,.1f}",
            "÷ ours": f"{served.beset[path]['p99'] / ours.beset[path]['p99']:,.1f}",
            "Asked": f"{served.beset[path]['number']:,}",
            "Without answer": f"{served.beset[path]['unanswered']:,}",
        }
        for path in PROBED
        for name, served in servers.items()
    ]
