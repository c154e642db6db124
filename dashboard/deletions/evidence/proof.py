"""What is needed to call a task gone: how many look-ups, and how far apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dashboard.calls.judging import Finding
from dashboard.deletions.dispatch.settlement import Carried, Settlement
from dashboard.deletions.models import Evidence
from dashboard.deletions.moves import change_items

APART, FARTHEST = 2.0, 60.0
"""Seconds between look-ups that find a task gone; doubled for each one that found it there, up to the second number."""


class Found(NamedTuple):
    item: Carried
    finding: Finding
    witnessed: bool
    purpose: str
    sent_at: datetime
    at: datetime
    """When the look-up was answered."""

    @property
    def seen(self) -> dict[str, Any]:
        """The fields of an outcome that this look-up proves."""
        return {"evidence": Evidence.SEEN, "seen_at": self.at}


def is_gone(work: Settlement, found: Found, *, times: int) -> bool:
    """Counts one more look-up that found the task gone. False if more are needed: then the next one is due."""
    item = found.item
    apart = timedelta(seconds=min(FARTHEST, APART * 2 ** (item.there_times or 0)))
    counts = item.gone_at is None or not item.gone_times or found.sent_at >= item.gone_at + apart
    seen = (item.gone_times or 0) + counts
    if seen >= times:
        return True
    gone_at = item.gone_at if item.gone_at and not counts else found.at
    again = max(work.now, gone_at + apart)
    change_items([item.pk], {"claim": None, "gone_times": seen, "gone_at": gone_at, "not_before": again})
    return False
