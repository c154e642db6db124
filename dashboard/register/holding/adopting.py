"""Records holds that another program wrote on tasks, so that they can be released as any other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef

AT_ONCE = 5000


def adopt(tasks: Any, holds: Any, held: Any, *, now: datetime) -> int:
    """The three models are given, since a migration has its own. One hold for each person and reason."""
    unrecorded = tasks.objects.filter(~Exists(held.objects.filter(task=OuterRef("pk"))), held_by__gt="").order_by()
    found = list(unrecorded.values_list("held_by", "held_reason").annotate(number=Count("pk")))
    for by, reason, number in found:
        counts = {"placed": number, "count": number, "told": number, "expected": number}
        hold = holds.objects.create(by=by, reason=reason, placed_at=now, **counts)
        numbers = list(unrecorded.filter(held_by=by, held_reason=reason).values_list("pk", flat=True))
        rows = [held(task_id=pk, hold=hold, held_at=now) for pk in numbers]
        held.objects.bulk_create(rows, batch_size=AT_ONCE)
    return len(found)
