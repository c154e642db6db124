"""How long to wait before the next try. Pure functions; the caller supplies the randomness."""

from __future__ import annotations

LONGEST_PAUSE = 60.0
DEFAULT_REST = 10.0


def growing_pause(failures: int, *, jitter: float) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4 … 60, spread by `jitter` (0 to 1) over ±25 %."""
    return min(LONGEST_PAUSE, 2.0 ** (max(failures, 1) - 1)) * (0.75 + jitter / 2)


def rest_for(retry_after: float | None) -> float:
    """Seconds to leave a busy provider alone: those it asked for, or `DEFAULT_REST` if it named none."""
    return DEFAULT_REST if retry_after is None else max(retry_after, 0.1)
