from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q

from dashboard.calls.models import Kind
from dashboard.inventory.importing.entries import Row
from dashboard.inventory.models import TrackedTask

CHUNK = 1000


def chunks(rows: Iterable[Row]) -> Iterable[list[Row]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def known(rows: Sequence[Row], *, lock: bool = False) -> set[tuple[str, str]]:
    """Which of these tasks the register already has."""
    ids = {kind: [row.task_id for row in rows if row.kind == kind] for kind in Kind.values}
    tasks = TrackedTask.objects.filter(
        Q(kind=Kind.IMAGE, task_id__in=ids[Kind.IMAGE]) | Q(kind=Kind.VIDEO, task_id__in=ids[Kind.VIDEO])
    )
    if lock:
        tasks = tasks.order_by("pk").select_for_update()
    return set(tasks.values_list("kind", "task_id"))


def store(rows: Sequence[Row], *, now: datetime) -> tuple[int, int]:
    """Adds or updates these tasks, and returns how many of each.

    Only what a row gives is written. Presence, outcome and hold are never touched: an import knows nothing of them.
    """
    groups: dict[tuple[str, ...], list[TrackedTask]] = defaultdict(list)
    # One order for all, so that two imports of the same tasks wait for each other instead of deadlocking.
    for row in sorted(rows, key=lambda row: row.key):
        values = _fields(row.values)
        groups[tuple(sorted(values))].append(TrackedTask(kind=row.kind, task_id=row.task_id, tracked_at=now, **values))
    with transaction.atomic():
        updated = len(known(rows, lock=True))
        for names, tasks in sorted(groups.items(), key=lambda group: group[0]):
            if names:
                TrackedTask.objects.bulk_create(
                    tasks, update_conflicts=True, unique_fields=["kind", "task_id"], update_fields=names
                )
            else:
                TrackedTask.objects.bulk_create(tasks, ignore_conflicts=True)
    return len(rows) - updated, updated


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    if "created_at" in values:
        return {**values, "created_at": datetime.fromisoformat(values["created_at"])}
    return values
