"""What a person can ask of a deletion. Each rule is here once; views only ask, and show the answer."""

from __future__ import annotations

from dashboard.deletions.actions.approving import approve, decline, withdraw
from dashboard.deletions.actions.asking import By, NotYet, Refused
from dashboard.deletions.actions.confirming import (
    NOT_FROZEN,
    Changed,
    Invalid,
    check_confirmation,
    confirm,
    is_person_asked,
    is_typed_needed,
    keep_reason,
    wrong_reason,
)
from dashboard.deletions.actions.drafting import delete_kept, discard, draft, retry_refused, spend, watch_freezing
from dashboard.deletions.actions.opening import note_opened
from dashboard.deletions.actions.overriding import draft_despite_hold, override_holds
from dashboard.deletions.actions.pausing import pause, resume
from dashboard.deletions.actions.removing import remove_item
from dashboard.deletions.actions.sets import draft_matching, draft_named
from dashboard.deletions.actions.stopping import stop_rest
from dashboard.deletions.actions.undoing import undo
from dashboard.deletions.actions.unknowns import accept, check_unknown

__all__ = [
    "NOT_FROZEN",
    "By",
    "Changed",
    "Invalid",
    "NotYet",
    "Refused",
    "accept",
    "approve",
    "check_confirmation",
    "check_unknown",
    "confirm",
    "decline",
    "delete_kept",
    "discard",
    "draft",
    "draft_despite_hold",
    "draft_matching",
    "draft_named",
    "is_person_asked",
    "is_typed_needed",
    "keep_reason",
    "note_opened",
    "override_holds",
    "pause",
    "remove_item",
    "resume",
    "retry_refused",
    "spend",
    "stop_rest",
    "undo",
    "watch_freezing",
    "withdraw",
    "wrong_reason",
]
