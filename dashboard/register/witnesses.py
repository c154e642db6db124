"""Tasks that can serve as witnesses: TensorsLab should know them, and no deletion has them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dashboard.register.models import Presence, TrackedTask

AMONG = 20
"""The number of newest tasks of which one is drawn: they most likely exist, and it is not always the same one."""


def candidate(kind: str, *, known: str, missed: Sequence[str]) -> str | None:
    """The id of a present task: the known one, or one of the newest. Never one that was missed."""
    present = TrackedTask.objects.listed().filter(kind=kind, presence=Presence.PRESENT).exclude(task_id__in=missed)
    if known and present.filter(task_id=known).exists():
        return known
    newest = list(present.order_by("-created_at", "-pk").values_list("task_id", flat=True)[:AMONG])
    return random.choice(newest) if newest else None  # nosec B311 # which one is no secret


def deleted(kind: str, ids: Sequence[str]) -> set[str]:
    """The ids of tasks that are shown as deleted now."""
    rows = TrackedTask.objects.filter(kind=kind, task_id__in=ids, presence=Presence.DELETED) if ids else None
    return set(rows.values_list("task_id", flat=True)) if rows is not None else set()


def in_register(kind: str, ids: Sequence[str]) -> set[str]:
    """The ids that the register has, with any presence."""
    return set(TrackedTask.objects.filter(kind=kind, task_id__in=ids).values_list("task_id", flat=True))


def is_present(kind: str, task_id: str) -> bool:
    return TrackedTask.objects.filter(kind=kind, task_id=task_id, presence=Presence.PRESENT).exists()
