"""Which tasks of a draft the dialog shows: some of its beginning, its middle and its end."""

from __future__ import annotations

from django.db.models import BooleanField, Case, Value, When

from dashboard.deletions.models import Deletion, Outcome

SHOWN = 24
LOOKED_AT = 8
"""At so many items from one place on it looks for a task with a picture."""


def spread(deletion: Deletion) -> list[int]:
    """Tasks, in the order of the draft. Each place is found by its row, so that a million take no longer than a few."""
    has_picture = Case(When(tracked__urls=[], then=Value(False)), default=Value(True), output_field=BooleanField())
    # Between its ends, as everywhere: PostgreSQL may otherwise walk the whole table.
    waiting = deletion.items.filter(outcome=Outcome.WAITING, pk__lte=deletion.last_item).order_by("pk")
    rows = waiting.annotate(pictured=has_picture).values_list("pk", "tracked_id", "pictured")
    length = deletion.last_item - deletion.first_item + 1
    chosen: dict[int, int] = {}
    last = deletion.first_item - 1
    for number in range(SHOWN):
        place = deletion.first_item + number * length // SHOWN
        here = list(rows.filter(pk__gt=max(last, place - 1))[:LOOKED_AT])
        before_next = deletion.first_item + (number + 1) * length // SHOWN
        near = [row for row in here if row[0] < before_next] or here[:1]
        if near:
            last, task, _ = next((row for row in near if row[2]), near[0])
            chosen[last] = task
    # Where it is short, or much of it was skipped, places fall together.
    others = rows.filter(pk__gte=deletion.first_item).exclude(pk__in=chosen)[: SHOWN - len(chosen)]
    chosen |= {pk: task for pk, task, _ in others}
    return [chosen[pk] for pk in sorted(chosen)]
