"""What the dialog says about a set before anyone confirms it: found while it is frozen, and stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, JSONField, Max, Min, Q, QuerySet
from django.utils.dateparse import parse_datetime

from dashboard.deletions.models import Deletion
from dashboard.inventory.models import TrackedTask

YOUNG = timedelta(hours=1)


class Names(Aggregate):
    """The different values there are."""

    function = "json_group_array"
    template = "%(function)s(DISTINCT %(expressions)s)"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="jsonb_agg", **context)


@dataclass(frozen=True, kw_only=True)
class Ages:
    """How old some tasks are, and by which models they were made."""

    oldest: datetime | None = None
    newest: datetime | None = None
    unknown_time: int = 0
    young: int = 0
    """Less than an hour old when they were frozen."""
    models: frozenset[str] = frozenset()

    def __add__(self, other: Ages) -> Ages:
        return Ages(
            oldest=min(filter(None, [self.oldest, other.oldest]), default=None),
            newest=max(filter(None, [self.newest, other.newest]), default=None),
            unknown_time=self.unknown_time + other.unknown_time,
            young=self.young + other.young,
            models=self.models | other.models,
        )

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


def ages_of(tasks: QuerySet[TrackedTask], *, now: datetime) -> Ages:
    """In one pass over them."""
    found = tasks.aggregate(
        oldest=Min("created_at"),
        newest=Max("created_at"),
        unknown_time=Count("pk", filter=Q(created_at=None)),
        young=Count("pk", filter=Q(created_at__gt=now - YOUNG)),
        names=Names("model"),
    )
    return Ages(models=frozenset(found.pop("names") or []), **found)


@dataclass(frozen=True, kw_only=True)
class Facts:
    ages: Ages
    images: int
    videos: int
    thumbnails: list[TrackedTask]
    more: int
    skipped: list[dict[str, object]]


def facts_of(deletion: Deletion) -> Facts:
    """As they were found when it was frozen: nothing here grows with the number of its items."""
    found = deletion.facts
    shown = TrackedTask.objects.in_bulk(found.get("thumbnails", []))
    return Facts(
        ages=Ages.from_stored(found),
        images=found.get("images", 0),
        videos=found.get("videos", 0),
        thumbnails=[shown[pk] for pk in sorted(shown)],
        more=deletion.size - len(shown),
        skipped=[{"reason": reason, "count": number} for reason, number in found.get("skipped", [])],
    )
