"""How many tasks each value of a filter would leave, under the other filters as they are."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from dashboard.calls.models import Kind
from dashboard.inventory import search
from dashboard.inventory.counting import in_words, tallied, tally
from dashboard.inventory.filters import Filter
from dashboard.inventory.models import LISTED, Status, TaskQuerySet

MOST_SHOWN = 20
MOST_COUNTED = 50
"""Models, in the order of their names; a register has about ten."""
# One index probe for each; `SELECT DISTINCT` would read every task.
MODELS = """
    WITH RECURSIVE known(model) AS (
        SELECT min(model) FROM inventory_trackedtask WHERE listed = %(listed)s
        UNION ALL
        SELECT (SELECT min(model) FROM inventory_trackedtask WHERE listed = %(listed)s AND model > known.model)
        FROM known WHERE known.model IS NOT NULL
    ) SELECT model FROM known WHERE model > '' LIMIT %(most)s"""


@dataclass(frozen=True, kw_only=True)
class Value:
    label: str
    number: int
    filter: Filter
    """What choosing it makes of the filter."""
    chosen: bool

    @property
    def words(self) -> str:
        return in_words(self.number)


@dataclass(frozen=True, kw_only=True)
class Facet:
    label: str
    values: list[Value]


def facets(filter: Filter) -> list[Facet] | None:
    """None where counting would mean reading prompts one by one: a word is common, or too short for the index."""
    numbers = search.candidates(filter.prompt_words, limit=search.FEW)
    if numbers is None and filter.prompt_words:
        return None
    choices = {"kind": Kind.choices, "status": Status.choices, "model": _models(filter, numbers)}
    counted = {name: _values(filter, name, values, numbers) for name, values in choices.items()}
    return [Facet(label=name.capitalize(), values=values) for name, values in counted.items() if values]


def _values(filter: Filter, name: str, choices: list[tuple[str, str]], numbers: list[int] | None) -> list[Value]:
    narrowed = [filter.given(name, value) for value, _ in choices]
    tallies = {f"value_{index}": tally(_tasks(one, numbers).values("pk")) for index, one in enumerate(narrowed)}
    counted = tallied(tallies) if tallies else {}
    values = [
        Value(label=label, number=number, filter=one, chosen=getattr(filter, name) == getattr(one, name))
        for (_, label), one, number in zip(choices, narrowed, counted.values(), strict=bool(counted))
        if number
    ]
    return sorted(values, key=lambda value: -value.number)[:MOST_SHOWN]


def _tasks(filter: Filter, numbers: list[int] | None) -> TaskQuerySet:
    return filter.queryset() if numbers is None else filter.among(numbers)


def _models(filter: Filter, numbers: list[int] | None) -> list[tuple[str, str]]:
    if filter.by_task_id or numbers is not None:
        models = set(_tasks(filter.given("model", ""), numbers).values_list("model", flat=True)) - {""}
        return [(model, model) for model in sorted(models)[:MOST_COUNTED]]
    with connection.cursor() as cursor:
        cursor.execute(MODELS, {"listed": int(filter.presence in LISTED or not filter.presence), "most": MOST_COUNTED})
        return [(model, model) for (model,) in cursor.fetchall()]
