"""Facts about a draft that the dialog shows before the confirmation: found when it is frozen, and stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils.dateparse import parse_datetime

from dashboard.deletions.models import Deletion, Outcome
from dashboard.register.models import TrackedTask

YOUNG = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Ages:
    """The ages and models of some tasks."""

    oldest: datetime | None = None
    newest: datetime | None = None
    unknown_time: int = 0
    young: int = 0
    """Tasks less than an hour old when they were frozen."""
    models: frozenset[str] = frozenset()

    def stored(self) -> dict[str, object]:
        return {
            "oldest": self.oldest and self.oldest.isoformat(),
            "newest": self.newest and self.newest.isoformat(),
            "unknown_time": self.unknown_time,
            "young": self.young,
            "models": sorted(self.models),
        }

    @classmethod
    def from_stored(cls, facts: Mapping[str, Any]) -> Ages:
        return cls(
            oldest=parse_datetime(facts.get("oldest") or ""),
            newest=parse_datetime(facts.get("newest") or ""),
            unknown_time=facts.get("unknown_time", 0),
            young=facts.get("young", 0),
            models=frozenset(facts.get("models", [])),
        )


KEPT = ("outside", "revision")
"""What is known before a draft is frozen."""


def kept_facts(deletion: Deletion) -> dict[str, object]:
    return {name: deletion.facts[name] for name in KEPT if name in deletion.facts}


def ages_of(deletion: Deletion) -> Ages:
    """The ages of all tasks that it would delete, by one query."""
    by_model = list(
        deletion.items.filter(outcome=Outcome.WAITING)
        .values("tracked__model")
        .annotate(
            oldest=Min("tracked__created_at"),
            newest=Max("tracked__created_at"),
            unknown_time=Count("pk", filter=Q(tracked__created_at=None)),
            young=Count("pk", filter=Q(tracked__created_at__gt=deletion.created_at - YOUNG)),
        )
        .order_by()
    )
    return Ages(
        oldest=min((row["oldest"] for row in by_model if row["oldest"]), default=None),
        newest=max((row["newest"] for row in by_model if row["newest"]), default=None),
        unknown_time=sum(row["unknown_time"] for row in by_model),
        young=sum(row["young"] for row in by_model),
        models=frozenset(row["tracked__model"] for row in by_model),
    )


@dataclass(frozen=True, kw_only=True)
class Facts:
    ages: Ages
    images: int
    """Images, like `videos`, of the tasks that it would delete."""
    videos: int
    thumbnails: list[TrackedTask]
    more: int
    skipped: list[dict[str, object]]
    outside: int
    """How many of the selected tasks the list did not show from which the deletion was asked for."""
    outside_tasks: list[TrackedTask]
    """The first of these."""

    @property
    def outside_more(self) -> int:
        return self.outside - len(self.outside_tasks)


def facts_of(deletion: Deletion) -> Facts:
    """The facts that were stored at the freezing: the cost does not grow with the number of items."""
    found = deletion.facts
    outside = found.get("outside") or {"number": 0, "numbers": []}
    known = TrackedTask.objects.in_rows().in_bulk([*found.get("thumbnails", []), *outside["numbers"]])
    shown = {pk: known[pk] for pk in found.get("thumbnails", []) if pk in known}
    images = found.get("images", 0)
    return Facts(
        ages=Ages.from_stored(found),
        images=images,
        videos=deletion.size - images,
        thumbnails=[shown[pk] for pk in sorted(shown)],
        more=deletion.size - len(shown),
        outside=outside["number"],
        outside_tasks=[known[pk] for pk in outside["numbers"] if pk in known],
        skipped=[{"reason": reason, "count": number} for reason, number in found.get("skipped", [])],
    )
