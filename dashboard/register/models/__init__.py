from __future__ import annotations

from dashboard.register.models.imports import PASTED, ImportBatch, ImportPiece
from dashboard.register.models.selections import Selection, SelectionBlock, SelectionPress
from dashboard.register.models.tasks import (
    EXCERPT,
    LISTED,
    TOLD,
    IndexedPrompt,
    Presence,
    Star,
    Starred,
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
    "SelectionBlock",
    "SelectionPress",
    "Star",
    "Starred",
    "Status",
    "TaskQuerySet",
    "TrackedTask",
]
