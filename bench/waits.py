"""What a number of measured times say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def milliseconds(values: Sequence[float]) -> str:
    """For people: the median, and what 19 of 20 stay below."""
    return f"{median(values) * 1000:.1f} ({percentile(values, 0.95) * 1000:.1f})"


def summary(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {"number": 0}
    return {
        "number": len(values),
        "p50": percentile(values, 0.5),
        "p95": percentile(values, 0.95),
        "p99": percentile(values, 0.99),
        "longest": max(values),
    }
