from __future__ import annotations

from dashboard.deletions.models.deletion import (
    BEING_ARMED,
    IN_FLIGHT,
    REFUSED_AT_LEAST,
    Deletion,
    DeletionQuerySet,
    Result,
    State,
)
from dashboard.deletions.models.items import (
    GONE,
    SUCCESS,
    DeletionItem,
    DeletionItemQuerySet,
    Evidence,
    Inspection,
    Outcome,
    outcome_words,
)

__all__ = [
    "BEING_ARMED",
    "GONE",
    "IN_FLIGHT",
    "REFUSED_AT_LEAST",
    "SUCCESS",
    "Deletion",
    "DeletionItem",
    "DeletionItemQuerySet",
    "DeletionQuerySet",
    "Evidence",
    "Inspection",
    "Outcome",
    "Result",
    "State",
    "outcome_words",
]
