"""Facts about a draft that the dialog shows before the confirmation: found when it is frozen, and stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Max, Min, Q
from django.utils.dateparse import parse_datetime

from dashboard.access.zones import zone_of
from dashboard.database import sql
from dashboard.deletions.drafts import outliers
from dashboard.deletions.drafts.eligibility import HELD
from dashboard.deletions.drafts.periods import Months
from dashboard.deletions.drafts.spread import spread
from dashboard.deletions.models import Deletion, Outcome
from dashboard.register.models import Status, TrackedTask
from dashboard.register.outside import Outside

MODELS = 5
"""So many models have a bar of their own."""


@dataclass(frozen=True, kw_only=True)
class Ages:
    """The ages and models of some tasks."""

    oldest: datetime | None = None
    newest: datetime | None = None
    unknown_time: int = 0
    young: int = 0
    """Tasks less than an hour old when they were frozen."""
    models: frozenset[str] = frozenset()

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


def stored_outside(outside: Outside) -> dict[str, Any] | None:
    return {"number": outside.number, "numbers": list(outside.numbers)} if outside.number else None


def outside_of(deletion: Deletion) -> Outside:
    stored = deletion.facts.get("outside") or {"number": 0, "numbers": []}
    return Outside(number=stored["number"], numbers=tuple(stored["numbers"]))


def found(deletion: Deletion) -> dict[str, Any]:
    """Of all that it would delete, as it is stored. What there are few of is grouped in one pass."""
    zone = zone_of(deletion.actor or AnonymousUser())
    with sql.one_moment():
        months = Months.of(deletion, zone)
        rows: Any = (
            deletion.items.filter(outcome=Outcome.WAITING)
            .values("tracked__model", "tracked__status", month=months.place())
            .annotate(
                number=Count("pk"),
                oldest=Min("tracked__created_at"),
                newest=Max("tracked__created_at"),
                unknown_time=Count("pk", filter=Q(tracked__created_at=None)),
                **outliers.counts(deletion),
            )
            .order_by()
        )
        groups: list[dict[str, Any]] = list(rows)
    oldest = min((row["oldest"] for row in groups if row["oldest"]), default=None)
    newest = max((row["newest"] for row in groups if row["newest"]), default=None)
    odd = {name: sum(row[name] for row in groups) for name in outliers.OUTLIERS}
    by_month: Counter[int] = Counter()
    for row in groups:
        by_month[row["month"]] += row["number"] - row["unknown_time"]
    return {
        "oldest": oldest and oldest.isoformat(),
        "newest": newest and newest.isoformat(),
        "unknown_time": sum(row["unknown_time"] for row in groups),
        "young": odd["young"],
        "models": sorted({row["tracked__model"] for row in groups}),
        "by_status": _counted(groups, "tracked__status"),
        "by_model": _counted(groups, "tracked__model")[: MODELS + 1],
        "periods": months.told(by_month),
        "zone": zone.key,
        "outliers": outliers.found(deletion, odd),
        "thumbnails": spread(deletion),
    }


def _counted(groups: list[dict[str, Any]], name: str) -> list[tuple[str, int]]:
    """The largest first."""
    numbers: Counter[str] = Counter()
    for row in groups:
        numbers[row[name]] += row["number"]
    return sorted(numbers.items(), key=lambda entry: (-entry[1], entry[0]))


@dataclass(frozen=True, kw_only=True)
class Bar:
    label: str
    count: int
    width: str
    """In percent of the set."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    title: str
    bars: list[Bar]


@dataclass(frozen=True, kw_only=True)
class Odd:
    """Some that hardly anybody means to delete."""

    name: str
    count: int
    sentence: str
    tasks: list[TrackedTask]


@dataclass(frozen=True, kw_only=True)
class Facts:
    ages: Ages
    images: int
    """Images, like `videos`, of the tasks that it would delete."""
    videos: int
    charts: list[Chart]
    odd: list[Odd]
    thumbnails: list[TrackedTask]
    more: int
    skipped: list[dict[str, object]]
    outside: int
    """How many of the selected tasks the list did not show from which the deletion was asked for."""
    outside_tasks: list[TrackedTask]
    """The first of these."""

    @property
    def some_held(self) -> bool:
        """Whether some were skipped because they are held."""
        return any(str(entry["reason"]).startswith(HELD) for entry in self.skipped)

    @property
    def outside_more(self) -> int:
        return self.outside - len(self.outside_tasks)


def facts_of(deletion: Deletion) -> Facts:
    """The facts that were stored at the freezing: the cost does not grow with the number of items."""
    stored = deletion.facts
    odd = stored.get("outliers", {})
    outside = outside_of(deletion)
    wanted = [*stored.get("thumbnails", []), *(task for group in odd.values() for task in group["tasks"])]
    shown = TrackedTask.objects.in_rows().in_bulk([*wanted, *outside.numbers])
    images = stored.get("images", 0)
    thumbnails = [shown[pk] for pk in stored.get("thumbnails", []) if pk in shown]
    return Facts(
        ages=Ages.from_stored(stored),
        images=images,
        videos=deletion.size - images,
        charts=_charts(deletion, images=images),
        odd=[
            Odd(
                name=name,
                count=odd[name]["count"],
                sentence=outlier.sentence(odd[name]["count"]),
                tasks=[shown[pk] for pk in odd[name]["tasks"] if pk in shown],
            )
            # PostgreSQL does not keep the order in which they were stored.
            for name, outlier in outliers.OUTLIERS.items()
            if name in odd
        ],
        thumbnails=thumbnails,
        more=deletion.size - len(thumbnails),
        outside=outside.number,
        outside_tasks=[shown[pk] for pk in outside.numbers if pk in shown],
        skipped=[{"reason": reason, "count": number} for reason, number in stored.get("skipped", [])],
    )


def _charts(deletion: Deletion, *, images: int) -> list[Chart]:
    stored = deletion.facts
    kinds = [(name, number) for name, number in (("Images", images), ("Videos", deletion.size - images)) if number]
    statuses = [(Status(status).label, number) for status, number in stored.get("by_status", [])]
    models = [(model or "Unknown", number) for model, number in stored.get("by_model", [])]
    if (others := len(stored.get("models", [])) - MODELS) > 1:
        models = models[:MODELS]
        models.append((f"{others:,} others", deletion.size - sum(number for _, number in models)))
    times = [*stored.get("periods", []), ("Unknown time", stored.get("unknown_time", 0))]
    found = {"Kind and status": [*kinds, *statuses], "Model": models, f"Created ({stored.get('zone', 'UTC')})": times}
    return [
        Chart(title=title, bars=[_bar(label, number, of=deletion.size) for label, number in rows if number])
        for title, rows in found.items()
    ]


def _bar(label: str, number: int, *, of: int) -> Bar:
    return Bar(label=label, count=number, width=f"{100 * number / max(of, 1):.2f}")
