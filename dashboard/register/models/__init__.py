from __future__ import annotations

from dashboard.register.models.forgotten import ForgottenTask
from dashboard.register.models.holds import HeldTask, Hold, HoldRelease
from dashboard.register.models.imports import PASTED, ImportBatch, ImportPiece
from dashboard.register.models.refreshes import LookUp, RefreshMinute
from dashboard.register.models.saved_views import SavedView, StarredView
from dashboard.register.models.selections import Selection, SelectionBlock, SelectionPress
from dashboard.register.models.tasks import (
    EXCERPT,
    LISTED,
    NOT_FINISHED,
    SEEN_AT,
    TOLD,
    UNFINISHED,
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
from dashboard.register.models.watching import WatchedFile

__all__ = [
    "EXCERPT",
    "LISTED",
    "NOT_FINISHED",
    "PASTED",
    "SEEN_AT",
    "TOLD",
    "UNFINISHED",
    "ForgottenTask",
    "Held",
    "HeldTask",
    "Hold",
    "HoldRelease",
    "ImportBatch",
    "ImportPiece",
    "IndexedPrompt",
    "LookUp",
    "Presence",
    "RefreshMinute",
    "SavedView",
    "Selection",
    "SelectionBlock",
    "SelectionPress",
    "Star",
    "Starred",
    "StarredView",
    "Status",
    "TaskQuerySet",
    "Totals",
    "TrackedTask",
    "WatchedFile",
]
