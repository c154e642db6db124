"""The models with the most tasks: `largest`."""

from __future__ import annotations

from collections import Counter

from django.core.cache import cache
from django.db.models import Count

from dashboard.register.filters import model_names
from dashboard.register.filters.model_names import Choice
from dashboard.register.models import TrackedTask

CHOICES = [
    (str(number), f"the {number} with the most tasks" if number > 1 else "the one with the most tasks")
    for number in (1, 3, 10)
]
KEPT_FOR = 600
"""Seconds for which a process remembers them: to count, an index is read whole, and hardly anything changes."""


def models(number: int) -> list[Choice]:
    """Of the tasks that are listed; those whose model is unknown are of none."""
    largest: list[Choice] | None = cache.get("largest-models")
    if largest is None:
        tasks = TrackedTask.objects.filter(listed=1).exclude(model="").order_by()
        counts = Counter(dict(tasks.values_list("model").annotate(number=Count("pk"))))
        most = max(int(value) for value, _ in CHOICES)
        by_size = sorted(model_names.choices(counts), key=lambda one: -sum(counts[name] for name in one.names))
        cache.set("largest-models", largest := by_size[:most], KEPT_FOR)
    return largest[:number]
