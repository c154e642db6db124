"""A part of the benchmark: its options, their cases, how one is measured, and how it is judged."""

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
"""Measured values, by row and column of a table: one value or many. Rows with the same columns form one table."""
Judged = Iterable[tuple[str, float, dict[str, float]]]
"""The name of a comparison, its ratio, and its goal: `at_least` or `at_most`, or none."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A case, and all its measured values."""

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
    """A case for every combination of the options that are lists."""
    choices = [value if isinstance(value, list) else [value] for value in options.values()]
    return [Case(**dict(zip(options, values, strict=True))) for values in itertools.product(*choices)]


@dataclass(frozen=True, kw_only=True)
class Part:
    options: Mapping[str, tuple[Any, str]]
    """The default of each, and its meaning. A list takes several values."""
    measure: Callable[[Case], Figures]
    """Runs in a process of its own, with an empty database. It must never wait without a limit."""
    judge: Callable[[Run, list[Run]], Judged]
    """Takes a run, and all runs of the same database."""
    cases: Callable[[dict[str, Any]], list[Case]] = every
    """A case that is listed twice is measured twice: so cases take turns, and a disturbance affects all."""
    environment: Callable[[Case], dict[str, object]] = lambda case: {}
    """The product's settings that are not its defaults."""
