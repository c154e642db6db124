"""Holds as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Count, Model, QuerySet

from dashboard.pages.cursors import Cursor, Page, cut
from dashboard.pages.filter_forms import BadFilter
from dashboard.register.holding import matching
from dashboard.register.models import HeldTask, Hold, TrackedTask

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 50
MOST_RULES = 200
MOST_NAMED = 20
"""Holds that a dialog offers one by one."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    hold: Hold
    words: str
    query: str
    """What the list takes to show what it matches; empty where a version with other filters wrote it."""


def in_force(cursor: Cursor | None) -> Page[Hold]:
    """Newest first: what something lies under, or is being placed."""
    return _paged(Hold.objects.in_force().exclude(count=0, moved_at=None), "pk", cursor)


def rules(*, now: datetime) -> list[Rule]:
    return [rule_of(hold, now=now) for hold in Hold.objects.rules().order_by("-pk")[:MOST_RULES]]


def rule_of(hold: Hold, *, now: datetime) -> Rule:
    try:
        filter = matching.kept(hold, now=now)
    except BadFilter:
        return Rule(hold=hold, words=hold.filter or "", query="")
    return Rule(hold=hold, words=filter.words, query=filter.query_string())


def of_task(task: TrackedTask) -> list[HeldTask]:
    """All holds that it was ever under, the newest first."""
    return list(HeldTask.objects.filter(task=task).select_related("hold", "release").order_by("-pk")[:PAGE_SIZE])


def of_hold(hold: Hold, cursor: Cursor | None) -> Page[HeldTask]:
    """Its tasks, those of the highest numbers first."""
    return _paged(HeldTask.objects.filter(hold=hold, release=None).select_related("task"), "task_id", cursor)


def _paged(rows: QuerySet[Row], by: str, cursor: Cursor | None) -> Page[Row]:
    """Those with the highest numbers first. An address has the first number that its page may have."""
    older, behind = cursor is None or cursor.older, False
    if cursor:
        behind = rows.filter(**{f"{by}__gt" if older else f"{by}__lt": cursor.number}).exists()
        rows = rows.filter(**{f"{by}__lte" if older else f"{by}__gte": cursor.number})
    found = list(rows.order_by(f"-{by}" if older else by)[: PAGE_SIZE + 1])
    here, newer, older_too = cut(found, size=PAGE_SIZE, onward=older, behind=behind)
    return Page(
        rows=here,
        newer=Cursor(older=False, number=getattr(here[0], by) + 1) if here and newer else None,
        older=Cursor(older=True, number=getattr(here[-1], by) - 1) if here and older_too else None,
    )


def on(rows: QuerySet[HeldTask]) -> list[tuple[Hold, int]]:
    """The holds that these rows are of, each with how many; one more than a dialog offers where there are more."""
    numbers = dict(rows.order_by().values_list("hold").annotate(number=Count("pk")).order_by("hold")[: MOST_NAMED + 1])
    holds = Hold.objects.in_bulk(list(numbers))
    return [(holds[pk], number) for pk, number in numbers.items()]
