"""What was deleted in the last weeks, by day and by person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate

from dashboard.deletions.models import AT_WORK, Deletion
from dashboard.pages import moments

DAYS = 30
PEOPLE = 8
"""So many have a row of their own: those who deleted most."""


@dataclass(frozen=True, kw_only=True)
class Share:
    label: str
    deletions: int
    tasks: int


@dataclass(frozen=True, kw_only=True)
class Past:
    days: list[Share]
    """Every day, with and without deletions."""
    people: list[Share]
    tasks: int


def past(*, now: datetime, zone: tzinfo) -> Past:
    """Tasks that are gone, counted on the day when their deletion was confirmed, as days are in the zone."""
    today = moments.local(now, zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    found = (
        Deletion.objects.filter(state__in=AT_WORK, confirmed_at__gte=moments.begin_of(days[0], zone))
        .order_by()
        .values("actor_name", day=TruncDate("confirmed_at", tzinfo=zone))
        .annotate(deletions=Count("pk"), tasks=Sum(F("deleted") + F("already_gone")))
    )
    by_day: Counter[date] = Counter()
    deletions_on: Counter[date] = Counter()
    by_person: Counter[str] = Counter()
    deletions_of: Counter[str] = Counter()
    for row in found:
        by_day[row["day"]] += row["tasks"]
        deletions_on[row["day"]] += row["deletions"]
        by_person[row["actor_name"]] += row["tasks"]
        deletions_of[row["actor_name"]] += row["deletions"]
    return Past(
        days=[Share(label=day.isoformat(), deletions=deletions_on[day], tasks=by_day[day]) for day in days],
        people=_people(by_person, deletions_of),
        tasks=by_person.total(),
    )


def _people(tasks: Counter[str], deletions: Counter[str]) -> list[Share]:
    in_order = sorted(deletions, key=lambda name: (-tasks[name], name))
    shown = [Share(label=name, deletions=deletions[name], tasks=tasks[name]) for name in in_order[:PEOPLE]]
    if rest := in_order[PEOPLE:]:
        others = Share(
            label=f"{len(rest):,} others",
            deletions=sum(deletions[name] for name in rest),
            tasks=sum(tasks[name] for name in rest),
        )
        shown.append(others)
    return shown
