"""A deletion's items: in pages for people, the most urgent first; or all of them, in the order of their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from dashboard.deletions.drafts import outliers
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, stretches
from dashboard.pages import cursors
from dashboard.register.models import TrackedTask

PAGE_SIZE = 50
WINDOW = 2000
"""Rows that `in_order` reads at once."""

ORDER = [
    Outcome.REFUSED,
    Outcome.UNKNOWN,
    Outcome.SENT,
    Outcome.WAITING,
    Outcome.KEPT,
    Outcome.SKIPPED,
    Outcome.ALREADY_GONE,
    Outcome.DELETED,
]
"""Outcomes that need a person come first."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The first item of a page, found by its key, so that the last page costs no more than the first."""

    outcome: Outcome
    pk: int

    def __str__(self) -> str:
        return f"{self.outcome}-{self.pk}"

    @classmethod
    def parsed(cls, text: str) -> Mark:
        outcome, pk = cursors.parsed(text, Outcome.values)
        return cls(outcome=Outcome(outcome), pk=pk)


@dataclass(frozen=True, kw_only=True)
class Page:
    items: list[DeletionItem]
    previous: str
    """Mark of the page before; empty on the first page."""
    next: str


def page_of(deletion: Deletion, *, outcome: str, mark: Mark | None, outlier: str = "") -> Page:
    """Of all of it, of one outcome, or of the outliers of a draft that are in it yet."""
    order = [Outcome.WAITING] if outlier else [Outcome(outcome)] if outcome else ORDER
    items = _items(deletion, outlier)
    here = order.index(mark.outcome) if mark and mark.outcome in order else 0
    rows: list[DeletionItem] = []
    for wanted in order[here:]:
        if len(rows) <= PAGE_SIZE and getattr(deletion, wanted.value):
            found = items.filter(outcome=wanted).order_by("pk")
            if mark and wanted == mark.outcome:
                found = found.filter(pk__gte=mark.pk)
            rows += found[: PAGE_SIZE + 1 - len(rows)]
    following = rows[PAGE_SIZE] if len(rows) > PAGE_SIZE else None
    shown = rows[:PAGE_SIZE]
    prefetch_related_objects(shown, Prefetch("tracked", TrackedTask.objects.in_rows()))
    return Page(
        items=shown,
        previous=_before(deletion, items, order[: here + 1], mark) if mark else "",
        next=str(Mark(outcome=Outcome(following.outcome), pk=following.pk)) if following else "",
    )


def _before(deletion: Deletion, items: QuerySet[DeletionItem], order: list[Outcome], mark: Mark) -> str:
    """The mark of the page that ends just before `mark`."""
    first, missing = "", PAGE_SIZE
    for wanted in reversed(order):
        if missing and getattr(deletion, wanted.value):
            found = items.filter(outcome=wanted).order_by("-pk").values_list("pk", flat=True)
            if wanted == mark.outcome:
                found = found.filter(pk__lt=mark.pk)
            pks = list(found[:missing])
            missing -= len(pks)
            first = str(Mark(outcome=wanted, pk=pks[-1])) if pks else first
    return first


def _items(deletion: Deletion, outlier: str) -> QuerySet[DeletionItem]:
    of_it = outliers.items_of(deletion, outlier) if outlier else deletion.items
    # Limited to its rows: PostgreSQL may otherwise read the whole table in order to find a page of one deletion.
    return of_it.filter(pk__gte=deletion.first_item, pk__lte=deletion.last_item)


def pages(deletion: Deletion, *, outcome: str, outlier: str = "") -> int:
    total = getattr(deletion, outcome) if outcome else deletion.total
    if outlier:
        total = deletion.facts.get("outliers", {}).get(outlier, {}).get("count", 0)
    return max(1, -(-total // PAGE_SIZE))


def in_order(deletion: Deletion, *keys: str) -> Iterator[dict[str, Any]]:
    """Every item once; a slow reader keeps no cursor or transaction open."""
    for first, last in stretches(deletion, WINDOW):
        yield from DeletionItem.objects.between(deletion, first, last).values(*keys)
