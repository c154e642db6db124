"""What the runs of one case amount to."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import median

from bench import report
from bench.deletion_case import Case, Run
from bench.product import WORKERS

MEGABYTE = 1_000_000
PER_ITEM = 1.2
"""At most so much more than in a small deletion an item of a large one takes."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    case: Case
    runs: list[Run]

    def ideal(self, run: Run) -> float:
        """Seconds its calls take when every slot always has one in flight and nothing else costs time."""
        return math.ceil((run.deletes + run.look_ups) / self.case.concurrency) * self.case.latency

    @property
    def ratios(self) -> list[float]:
        return [run.wall / self.ideal(run) for run in self.runs]

    @property
    def peer_ratios(self) -> list[float]:
        return [run.peer / self.ideal(run) for run in self.runs if run.peer is not None]

    @property
    def cpu_per_1000(self) -> float:
        """CPU seconds of all workers for a thousand items."""
        return median(sum(run.cpu) for run in self.runs) / self.case.items * 1000

    @property
    def calls_per_1000(self) -> float:
        """Calls of any kind for a thousand items."""
        return median(run.deletes + run.look_ups for run in self.runs) / self.case.items * 1000

    @property
    def peak_memory(self) -> int:
        """Of the largest worker."""
        return max(max(run.peak_memory) for run in self.runs)

    @property
    def web_memory(self) -> int:
        return max(run.web_memory or 0 for run in self.runs)

    @property
    def per_item(self) -> float:
        """Seconds."""
        return median(run.wall for run in self.runs) / self.case.items

    @property
    def workers(self) -> int:
        return WORKERS[self.case.database]

    def timing(self) -> dict[str, object]:
        return {
            "ratio": median(self.ratios),
            "ratios": self.ratios,
            "peer_ratio": median(self.peer_ratios),
            "peer_ratios": self.peer_ratios,
            "calls_per_1000": self.calls_per_1000,
            "ideal": median(self.ideal(run) for run in self.runs),
            "cpu_per_1000": self.cpu_per_1000,
            **self._raw(),
        }

    def memory(self) -> dict[str, object]:
        return {
            "peak_memory": self.peak_memory,
            "web_memory": self.web_memory,
            "items_per_second": 1 / self.per_item,
            "cpu_per_1000": self.cpu_per_1000,
            **self._raw(),
        }

    def _raw(self) -> dict[str, object]:
        return {**asdict(self.case), "workers": self.workers, "runs": [asdict(run) for run in self.runs]}

    def timing_row(self) -> dict[str, str]:
        first = self.runs[0]
        return {
            "Database": self.case.database,
            "Workers": str(self.workers),
            "In flight": str(self.case.concurrency),
            "Verify": self.case.verify,
            "Calls": f"{first.deletes} + {first.look_ups}",
            "Calls / 1,000": f"{self.calls_per_1000:.0f}",
            "Ideal s": f"{self.ideal(first):.2f}",
            "Ours ÷ ideal": _median_and_all(self.ratios),
            "Bare loop ÷ ideal": _median_and_all(self.peer_ratios),
            "First call after s": f"{median(run.first_call for run in self.runs):.2f}",
            "CPU s / 1,000": f"{self.cpu_per_1000:.2f}",
        }

    def memory_row(self, smallest: Figures) -> dict[str, str]:
        growth = self.per_item / smallest.per_item
        return {
            "Database": self.case.database,
            "Workers": str(self.workers),
            "Items": f"{self.case.items:,}",
            "Worker MB": f"{self.peak_memory / MEGABYTE:.1f}",
            "Web MB": f"{self.web_memory / MEGABYTE:.1f}",
            "Items / s": f"{1 / self.per_item:,.0f}",
            f"Per item ÷ at {smallest.case.items:,}": f"{growth:.2f}",
            "Goal": report.goal(growth, at_most=None if smallest is self else PER_ITEM),
            "CPU s / 1,000": f"{self.cpu_per_1000:.2f}",
        }


def _median_and_all(values: list[float]) -> str:
    return f"{median(values):.3f} ({', '.join(f'{value:.3f}' for value in values)})"
