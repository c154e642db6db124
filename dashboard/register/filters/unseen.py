"""Tasks that nobody has looked up for a while: `seen_before`."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, Value
from django.db.models.lookups import LessThan

from dashboard.database import proposals
from dashboard.register.models import LISTED, SEEN_AT, TrackedTask
from dashboard.register.search import predicate


def since(moment: datetime) -> Q:
    """By its index, for counting."""
    return Q(LessThan(SEEN_AT, Value(moment)))


def with_the_rest(moment: datetime, rest: Q, *, presence: str) -> Q:
    """With the other conditions, for rows in order. No index has these in order: a few are looked up by their numbers,
    and of many a walk soon meets some."""
    listed = [int(not presence or presence in LISTED)]
    unseen = TrackedTask.objects.filter(since(moment), listed__in=listed).order_by()
    few = list(unseen.values_list("pk", flat=True)[: proposals.FEW + 1])
    if len(few) > proposals.FEW:
        return rest & predicate.opaque(since(moment))
    return predicate.opaque(rest) & proposals.one_of(few)
