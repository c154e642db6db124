from __future__ import annotations

from dashboard.register.models.imports import PASTED, ImportBatch, ImportPiece
from dashboard.register.models.tasks import (
    EXCERPT,
    LISTED,
    TOLD,
    IndexedPrompt,
    Presence,
    Selection,
    SelectionEntry,
    Status,
    TaskQuerySet,
    TrackedTask,
)

__all__ = [
    "EXCERPT",
    "LISTED",
    "PASTED",
    "TOLD",
    "ImportBatch",
    "ImportPiece",
    "IndexedPrompt",
    "Presence",
    "Selection",
    "SelectionEntry",
    "Status",
    "TaskQuerySet",
    "TrackedTask",
]
