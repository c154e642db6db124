from __future__ import annotations

from dashboard.register.models.forgotten import ForgottenTask
from dashboard.register.models.holds import HeldTask, Hold, HoldRelease
from dashboard.register.models.imports import PASTED, ImportBatch, ImportPiece
from dashboard.register.models.selections import Selection, SelectionBlock, SelectionPress
from dashboard.register.models.tasks import (
    EXCERPT,
    LISTED,
    TOLD,
    Held,
    IndexedPrompt,
    Presence,
    Star,
    Starred,
    Status,
    TaskQuerySet,
    TrackedTask,
)
from dashboard.register.models.totals import Totals

__all__ = [
    "EXCERPT",
    "LISTED",
    "PASTED",
    "TOLD",
    "ForgottenTask",
    "Held",
    "HeldTask",
    "Hold",
    "HoldRelease",
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
    "Totals",
    "TrackedTask",
]
