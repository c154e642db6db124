"""Showing figures as a table, and keeping them as data with the machine they were measured on."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import machine

RESULTS = Path(__file__).parent / "results"


def show(title: str, rows: Sequence[Mapping[str, str]]) -> None:
    """A table of rows that all have the same headings; nothing when there is none."""
    if not rows:
        return
    lines = [list(rows[0]), *[list(row.values()) for row in rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}\n")
    for number, line in enumerate(lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def goal(value: float, *, at_least: float | None = None, at_most: float | None = None) -> str:
    """The goal of a figure, and whether it is met."""
    if at_least is not None:
        return f"≥ {at_least:g} {'met' if value >= at_least else 'MISSED'}"
    if at_most is not None:
        return f"≤ {at_most:g} {'met' if value <= at_most else 'MISSED'}"
    return "–"


def save(part: str, figures: Mapping[str, object], *, vendors: Sequence[str], file: Path) -> None:
    kept = {
        "part": part,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
        "machine": machine.description(vendors),
        **figures,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nEvery value: {file}")
