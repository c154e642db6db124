"""How often a rule was confirmed by hand since its terms last changed. Nothing counts along: its runs, and what became
of their deletions, tell it."""

from __future__ import annotations

from django.db.models import QuerySet

from dashboard.deletions.drafts.removing import removed_by
from dashboard.deletions.models import Decision, Deletion, State
from dashboard.rules.models import Rule, Run

NEEDED = 3
LOOKED_AT = 100
"""The most runs that are read: those before are not needed where these hold no answer."""


def number(rule: Rule) -> int:
    """Up to `NEEDED`. What its owner confirmed whole counts. What they kept, changed, undid or stopped, or somebody
    declined, ends the counting: only what came after that counts."""
    found = 0
    for run in runs_of(rule)[:LOOKED_AT]:
        if run.deletion is None or (answer := _answer(run.deletion)) is None:
            continue
        if not answer:
            break
        found += not run.deletion.by_itself
        if found == NEEDED:
            break
    return found


def has_earned(rule: Rule) -> bool:
    return number(rule) >= NEEDED


def runs_of(rule: Rule) -> QuerySet[Run]:
    """Under its present terms, the newest first."""
    runs = Run.objects.filter(rule=rule, started_at__gte=rule.terms_at).select_related("deletion")
    return runs.order_by("-started_at", "-pk")


def _answer(deletion: Deletion) -> bool | None:
    """Whether its owner agreed to it; None while that is open, and of a draft that expired."""
    if deletion.state == State.DISCARDED and deletion.approval_asked_at is None:
        # Keep was pressed, or nobody pressed anything in time.
        return False if deletion.draft_until is None else None
    if deletion.state in {State.DRAFT, State.AWAITING_APPROVAL}:
        return None
    taken_back = deletion.state in {State.CANCELLED, State.DISCARDED} or deletion.is_stopped
    refused = deletion.decision not in {"", Decision.APPROVED}
    removed = any(why == removed_by(deletion.actor_name) for why, _ in deletion.facts.get("skipped", []))
    return not (taken_back or refused or removed)
