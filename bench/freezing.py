"""Freezing: what selecting, confirming and undoing a whole register costs, and what a colleague waits meanwhile."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median

from bench import cases, report
from bench.freezing_case import Case, Run

HELP = "freeze, dialog, confirmation and Undo of 1,000,000 tasks; a colleague's pages meanwhile"

BARE = 1.5
DIALOG = 2.0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=1_000_000, help="size of the register and of the deletion")
    parser.add_argument("--repeat", type=int, default=3, help="how often it is frozen, and its dialog opened")


def run(options: Namespace, vendors: Sequence[str]) -> dict[str, object]:
    runs: list[Run] = []
    for vendor in vendors:
        chosen = Case(database=vendor, rows=options.rows, repeat=options.repeat)
        figures = cases.measured("bench.freezing_case", chosen, called=f"{vendor}: {options.rows:,} tasks")
        runs.append(Run(**figures | {"case": chosen}))
    report.show(
        f"Seconds for {options.rows:,} tasks: median (every run). A freeze, until all is written down and until it is "
        "described and signed, beside the bare INSERT … SELECT; a dialog, from press to button, beside a freeze.",
        [row for one in runs for row in (*freezes(one), dialog(one), *presses(one))],
    )
    report.show(
        "A colleague who loads the list and deletes single tasks meanwhile: milliseconds a page took.",
        [colleague(one, phase) for one in runs for phase in one.waits],
    )
    return {"runs": [asdict(one) for one in runs]}


def freezes(one: Run) -> list[dict[str, str]]:
    """The bare statement neither describes a set nor sorts it for a signature, so only what it does too has a goal."""
    written, signed = (median(seconds) / median(one.bare) for seconds in (one.written, one.freeze))
    return [
        _row(one, "written down ÷ bare", one.written, one.bare, written, report.goal(written, at_most=BARE)),
        _row(one, "and signed ÷ bare", one.freeze, one.bare, signed, report.goal(signed)),
    ]


def dialog(one: Run) -> dict[str, str]:
    ratio = median(one.dialog) / median(one.freeze)
    return _row(one, "dialog ÷ freeze", one.dialog, one.freeze, ratio, report.goal(ratio, at_most=DIALOG))


def presses(one: Run) -> list[dict[str, str]]:
    named = {
        "select all": one.select_all,
        "confirm: answered": one.confirm,
        "confirm: all shown as deleting": one.armed,
        "Undo: answered": one.undo,
        "Undo: all kept": one.undone,
    }
    return [_row(one, name, [seconds], [], None, report.goal(0)) for name, seconds in named.items()]


def colleague(one: Run, phase: str) -> dict[str, str]:
    waits = one.waits[phase]
    figures = {name: f"{waits[name] * 1000:,.0f}" if name in waits else "–" for name in ("p50", "p99", "longest")}
    return {
        "Database": one.case.database,
        "While": phase,
        "Pages": f"{waits['number']:,}",
        **figures,
        "Deletions": str(waits["deletions"]),
        "Refused": str(waits["refused"]),
    }


def _row(
    one: Run, name: str, ours: Sequence[float], beside: Sequence[float], ratio: float | None, goal: str
) -> dict[str, str]:
    return {
        "Database": one.case.database,
        "What": name,
        "Seconds": _seconds(ours),
        "Beside": _seconds(beside) if beside else "–",
        "Ratio": "–" if ratio is None else f"{ratio:.2f}",
        "Goal": goal,
    }


def _seconds(values: Sequence[float]) -> str:
    every = ", ".join(f"{value:.2f}" for value in values)
    return f"{median(values):.2f} ({every})" if len(values) > 1 else every
