"""Pictures that a page wants now."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.calls import clock
from dashboard.media import jobs, wanting


def want(task_ids: Sequence[int], *, every: bool = False) -> int:
    """Has the first picture of these tasks (rows of the register) fetched before all others, or every one of them.

    Returns how many are yet to come. It can be asked again and again: what is under way, or came to nothing, is left.
    """
    coming = wanting.want(task_ids, every=every)
    if coming:
        jobs.wake(clock.now())
    return coming
