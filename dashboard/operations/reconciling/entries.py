"""What both sides of the comparison ask of the log, and of the workers that write it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import clock
from dashboard.calls.models import Worker
from dashboard.operations.readiness import FRESH

CONFIRMED, CHECKED = "deletion.confirmed", "deletion.checked"
BATCH = 500
OVERDUE = timedelta(minutes=10)
"""So long after its moment nothing is left to be written that a worker writes."""


def in_batches(*actions: str) -> Iterator[list[AuditEvent]]:
    events = chain.in_order(AuditEvent.objects.filter(action__in=actions))
    while some := list(islice(events, BATCH)):
        yield some


def has_left(detail: dict[str, Any]) -> bool:
    """Whether a call was sent: its moment stands in the row, its answer is what the sender saw."""
    return bool(detail["sent_at"] or detail["http_status"] or detail["ruling"] == "lost")


def is_tended() -> bool:
    """Whether a worker runs, and has for so long that it did what was due. In a stopped product nothing gets on."""
    now = clock.now()
    return Worker.objects.filter(beat_at__gte=now - FRESH, started_at__lte=now - OVERDUE).exists()
