"""Reads what the rules judge: stored facts of the draft and of its requester's last deletions, and never an item."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, Sum
from django.utils.dateparse import parse_datetime

from dashboard.access.limits import limits_of
from dashboard.access.permissions import APPROVE_DELETIONS
from dashboard.access.zones import zone_of
from dashboard.deletions.approvals.rules import DAY, Asked, Rules, reasons
from dashboard.deletions.approvals.usual import LAST, Habit, unusual
from dashboard.deletions.drafts.outliers import OVERRIDDEN, number_of
from dashboard.deletions.models import AT_WORK, Deletion, State
from dashboard.pages import moments

NAMED = 3
"""So many of those who may approve are named."""


def reasons_of(draft: Deletion, *, now: datetime) -> list[str]:
    """Why somebody else has to agree to it; empty if it may begin after its grace."""
    if draft.actor is None or not draft.size:
        return []
    allowed = limits_of(draft.actor)
    rules = Rules(above=settings.DELETION_APPROVAL_ABOVE, words=settings.DELETION_APPROVAL_RULES)
    models = _models(draft.facts)
    asked = Asked(
        size=draft.size,
        newest=parse_datetime(draft.facts.get("newest") or ""),
        models=models,
        added_by_others=number_of(draft, "others"),
        overridden=number_of(draft, OVERRIDDEN),
        spent=spent(draft.actor, now=now) if allowed.most_daily is not None else 0,
    )
    found = reasons(asked, allowed, rules, now=now)
    if rules.judges_habits(allowed):
        this = habit(draft.size, draft.facts, now, draft.actor)
        found += unusual(this, list(_habits(draft.actor)))
    return found


def spent(person: User, *, now: datetime) -> int:
    """Tasks of what a person confirmed in the last 24 hours, without those that were kept."""
    counted = Deletion.objects.filter(actor=person, state__in=[*AT_WORK, State.AWAITING_APPROVAL])
    tasks = Sum(F("total") - F("skipped") - F("kept"))
    found: int | None = counted.filter(confirmed_at__gt=now - DAY).aggregate(tasks=tasks)["tasks"]
    return found or 0


def _habits(person: User) -> Iterator[Habit]:
    finished = Deletion.objects.filter(actor=person, state=State.FINISHED)
    rows = finished.order_by("-confirmed_at").values_list("total", "skipped", "facts", "confirmed_at")[:LAST]
    for total, skipped, facts, at in rows:
        if at is not None:
            yield habit(total - skipped, facts, at, person)


def habit(size: int, facts: dict[str, Any], at: datetime, person: User) -> Habit:
    """One deletion of a person, as the rules of habits see it."""
    here = moments.local(at, zone_of(person))
    return Habit(size=size, images=facts.get("images", 0), at=here, models=_models(facts))


def _models(facts: dict[str, Any]) -> dict[str, int]:
    """Each with its number; 0 for those that are many and small, whose numbers are not stored."""
    return dict.fromkeys(facts.get("models", []), 0) | dict(facts.get("by_model", []))


def approvers_besides(person: User | None) -> list[str]:
    """The names of some who may approve what this person asks for; empty if there is nobody."""
    able = User.objects.with_perm(APPROVE_DELETIONS, backend="dashboard.access.backends.RolesBackend")
    others = able.exclude(pk=person.pk) if person is not None else able
    return list(others.order_by("username").values_list("username", flat=True).distinct()[: NAMED + 1])
