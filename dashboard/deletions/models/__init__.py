from __future__ import annotations

from dashboard.deletions.models.certificates import Certificate
from dashboard.deletions.models.deletion import Deletion, Result
from dashboard.deletions.models.forgetting import Forgetting
from dashboard.deletions.models.items import (
    GONE,
    SUCCESS,
    DeletionItem,
    DeletionItemQuerySet,
    Evidence,
    Inspection,
    Outcome,
    outcome_words,
    stretches,
)
from dashboard.deletions.models.querysets import REFUSED_AT_LEAST, DeletionQuerySet
from dashboard.deletions.models.states import AT_WORK, IN_FLIGHT, Decision, State

__all__ = [
    "AT_WORK",
    "GONE",
    "IN_FLIGHT",
    "REFUSED_AT_LEAST",
    "SUCCESS",
    "Certificate",
    "Decision",
    "Deletion",
    "DeletionItem",
    "DeletionItemQuerySet",
    "DeletionQuerySet",
    "Evidence",
    "Forgetting",
    "Inspection",
    "Outcome",
    "Result",
    "State",
    "outcome_words",
    "stretches",
]
