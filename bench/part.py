"""What a part of the benchmark is: options, the cases they make, how one is measured, and what is judged."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from types import SimpleNamespace
from typing import Any

Case = SimpleNamespace
"""One value of each option, and the database."""
Figures = dict[str, dict[str, Any]]
"""What was measured, by row and column of a table: one value or many. Rows that have the same columns are one table."""
Judged = Iterable[tuple[str, float, dict[str, float]]]
"""What is compared, the ratio, and its goal: `at_least` or `at_most`, or none."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A case, and all that was measured of it however often."""

    case: Case
    figures: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, figures: Figures) -> None:
        for row, columns in figures.items():
            for column, value in columns.items():
                values = self.figures.setdefault(row, {}).setdefault(column, [])
                values += value if isinstance(value, list) else [value]

    def median(self, row: str, column: str) -> float:
        return median(self.figures[row][column])


def every(options: Mapping[str, Any]) -> list[Case]:
    """A case for every combination of what is a list."""
    choices = [value if isinstance(value, list) else [value] for value in options.values()]
    return [Case(**dict(zip(options, values, strict=True))) for values in itertools.product(*choices)]


@dataclass(frozen=True, kw_only=True)
class Part:
    options: Mapping[str, tuple[Any, str]]
    """What each is unless somebody says otherwise, and what it means. A list takes several values."""
    measure: Callable[[Case], Figures]
    """In a process of its own, whose database is empty. Each of its waits ends."""
    judge: Callable[[Run, list[Run]], Judged]
    """Is told a run, and all of the same database."""
    cases: Callable[[dict[str, Any]], list[Case]] = every
    """One that is there twice is measured twice: so cases take turns, and a disturbance does not strike one alone."""
    environment: Callable[[Case], dict[str, object]] = lambda case: {}
    """Where the product's settings are not its defaults."""
