"""Shows figures as tables, and stores every raw value with a description of the machine."""

from __future__ import annotations

import json
import math
import os
import platform
import shlex
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psycopg

from bench import databases
from bench.part import Part, Run

RESULTS = Path(__file__).parent / "results"
FEW = 5


def show(part: Part, runs: Sequence[Run]) -> None:
    """Medians, and in brackets every value if there are few, the 95th percentile if there are many."""
    tables: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for run in runs:
        where = {name: _said(value) for name, value in vars(run.case).items() if _tells_apart(name, runs)}
        for name, columns in run.figures.items():
            cells = {column: _cell(values) for column, values in columns.items()}
            tables.setdefault(tuple(columns), []).append({**where, "": name, **cells})
        for name, ratio, aim in part.judge(run, [other for other in runs if other.case.database == run.case.database]):
            tables.setdefault((), []).append({**where, "": name, "ratio": f"{ratio:,.2f}", "goal": goal(ratio, **aim)})
    for _, rows in sorted(tables.items(), key=lambda table: not table[0]):
        _print(rows)


def _tells_apart(name: str, runs: Sequence[Run]) -> bool:
    return name == "database" or len({getattr(run.case, name) for run in runs}) > 1


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _cell(values: Sequence[float]) -> str:
    if len(values) == 1:
        return _short(values[0])
    beside = [percentile(values, 0.95)] if len(values) > FEW else values
    return f"{_short(median(values))} ({', '.join(map(_short, beside))})"


def _short(value: float) -> str:
    """Four digits or more, with as few decimals as that needs."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{min(3, max(0, 3 - int(math.log10(value or 1))))}f}"


def _print(rows: Sequence[Mapping[str, str]]) -> None:
    lines = [list(rows[0]), *[list(row.values()) for row in rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    print()
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def goal(value: float, *, at_least: float | None = None, at_most: float | None = None) -> str:
    if at_least is not None:
        return f"≥ {at_least:g} {'met' if value >= at_least else 'MISSED'}"
    if at_most is not None:
        return f"≤ {at_most:g} {'met' if value <= at_most else 'MISSED'}"
    return "–"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles of many waits."""
    shares = {"p50, ms": 0.5, "p95, ms": 0.95, "p99, ms": 0.99, "longest, ms": 1.0}
    return {name: percentile(seconds, share) * 1000 for name, share in shares.items()}


def save(part: str, runs: Sequence[Run], *, vendors: Sequence[str], file: Path) -> None:
    saved = {
        "part": part,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
        "machine": _machine(vendors),
        "runs": [{**vars(run.case), "figures": run.figures} for run in runs],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(saved, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nEvery value: {file}")


def _machine(vendors: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {
        "cpu": _value_in("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": _value_in("/proc/meminfo", "MemTotal"),
        "system": platform.system(),
        "python": platform.python_version(),
        "django": version("django"),
        "sqlite": sqlite3.sqlite_version,
    }
    if "postgresql" in vendors:
        with psycopg.connect(f"{databases.server()}/postgres") as connection:
            found["postgresql"] = connection.info.parameter_status("server_version")
    return found


def _value_in(file: str, name: str) -> str:
    lines = (line.partition(":") for line in Path(file).read_text(encoding="utf-8").splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "unknown")
