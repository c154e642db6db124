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
"""Time after which workers have written all that was due."""


def in_batches(*actions: str) -> Iterator[list[AuditEvent]]:
    events = chain.in_order(AuditEvent.objects.filter(action__in=actions))
    while some := list(islice(events, BATCH)):
        yield some


def has_left(detail: dict[str, Any]) -> bool:
    """Whether a call was sent. Its moment comes from the row, its answer from the sender."""
    return bool(detail["sent_at"] or detail["http_status"] or detail["ruling"] == "lost")


def is_tended() -> bool:
    """Whether a worker has run long enough to do all that was due. In a stopped product nothing is overdue."""
    now = clock.now()
    return Worker.objects.filter(beat_at__gte=now - FRESH, started_at__lte=now - OVERDUE).exists()
