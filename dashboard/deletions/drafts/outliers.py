"""Tasks of a draft that hardly anybody means to delete: the dialog shows them first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, Q, When

from dashboard.deletions.models import Deletion, DeletionItemQuerySet, Outcome
from dashboard.register.models import Star, Status

YOUNG = timedelta(hours=1)
UNFINISHED = [Status.QUEUED, Status.PROCESSING, Status.UPLOADING]
LISTED = 100
"""So few of a kind are stored with the draft: to look for them in a million would take as long as to freeze it."""
PICTURES = 2
OVERRIDDEN = "overridden"


@dataclass(frozen=True, kw_only=True)
class Outlier:
    name: str
    """In addresses, and in what is stored with the draft."""
    label: str
    words: tuple[str, str]
    """What follows the number of one, and of several."""
    condition: Callable[[Deletion], Q]
    """Of an item of that draft."""

    def sentence(self, number: int) -> str:
        return f"{number:,} {self.words[number != 1]}"


OUTLIERS = {
    outlier.name: outlier
    for outlier in (
        Outlier(
            name="young",
            label="Less than an hour old",
            words=("is less than an hour old", "are less than an hour old"),
            condition=lambda draft: Q(tracked__created_at__gt=draft.created_at - YOUNG),
        ),
        Outlier(
            name="unfinished",
            label="Still processing",
            words=("is still processing", "are still processing"),
            condition=lambda draft: Q(tracked__status__in=UNFINISHED),
        ),
        Outlier(
            name="starred",
            label="Starred",
            words=("is starred", "are starred"),
            condition=lambda draft: Q(tracked__in=Star.objects.values("task")),
        ),
        Outlier(
            name="others",
            label="Added by others",
            words=("was added by somebody else", "were added by others"),
            # Whose import was a command's, or was before this was kept, nobody knows.
            condition=lambda draft: ~Q(tracked__added_by__in=["", draft.actor_name]),
        ),
        Outlier(
            name=OVERRIDDEN,
            label="Held, to be deleted all the same",
            words=("is held, and goes despite that", "are held, and go despite that"),
            condition=lambda draft: Q(tracked__overridden_for=draft.uuid),
        ),
    )
}
"""What the register can tell of a task: who made one it does not know, only who added it."""


def counts(draft: Deletion) -> dict[str, Count]:
    return {name: Count("pk", filter=outlier.condition(draft)) for name, outlier in OUTLIERS.items()}


def found(draft: Deletion, numbers: dict[str, int]) -> dict[str, dict[str, Any]]:
    """The first items and tasks of each kind, as they are stored with the draft. `numbers` are all there are."""
    rows: dict[str, list[tuple[int, int]]] = {}
    for name in (name for name, number in numbers.items() if number > LISTED):
        # By their number: of many the first are soon there.
        rows[name] = list(_waiting(draft, name).order_by("pk").values_list("pk", "tracked_id")[:LISTED])
    if rare := [name for name, number in numbers.items() if 0 < number <= LISTED]:
        rows |= _rare(draft, rare)
    return {
        name: {
            "count": numbers[name],
            "items": [pk for pk, _ in rows[name]],
            "tasks": [task for _, task in rows[name][:PICTURES]],
        }
        for name in numbers
        if name in rows
    }


def _rare(draft: Deletion, names: list[str]) -> dict[str, list[tuple[int, int]]]:
    """All items and tasks of these kinds, by kind: of few the last may be the last of a million, so all are looked for
    at once."""
    conditions = [OUTLIERS[name].condition(draft) for name in names]
    flags = {
        f"is_{name}": Case(When(one, then=True), default=False) for name, one in zip(names, conditions, strict=True)
    }
    some = draft.items.filter(reduce(or_, conditions), outcome=Outcome.WAITING).annotate(**flags).order_by("pk")
    found = list(some.values_list("pk", "tracked_id", *flags))
    return {name: [(pk, task) for pk, task, *is_one in found if is_one[at]] for at, name in enumerate(names)}


def number_of(draft: Deletion, name: str) -> int:
    number: int = draft.facts.get("outliers", {}).get(name, {}).get("count", 0)
    return number


def items_of(draft: Deletion, name: str) -> DeletionItemQuerySet:
    """All that are in the draft yet."""
    known = draft.facts.get("outliers", {}).get(name, {"count": 0, "items": []})
    if known["count"] > len(known["items"]):
        return _waiting(draft, name)
    return DeletionItemQuerySet(model=draft.items.model).filter(pk__in=known["items"], outcome=Outcome.WAITING)


def _waiting(draft: Deletion, name: str) -> DeletionItemQuerySet:
    items: DeletionItemQuerySet = draft.items.filter(outcome=Outcome.WAITING)
    return items.filter(OUTLIERS[name].condition(draft))
