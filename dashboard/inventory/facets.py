"""How many tasks each value of a filter would leave, under the other filters as they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from dashboard.calls.models import Kind
from dashboard.inventory import model_names, prompt_reading, search
from dashboard.inventory.counting import Tally, in_words, tallied, tally
from dashboard.inventory.filters import Filter
from dashboard.inventory.models import LISTED, Status

NAMES = ("kind", "status", "model")
MOST_SHOWN = 20
MOST_READ = 5000
"""Tasks that a search finds, which are read to count them."""


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
    prompt_reading.keep_up()
    numbers = search.candidates(filter.prompt_words, limit=MOST_READ)
    if numbers is None and filter.prompt_words:
        return None
    counted = _by_index(filter) if numbers is None else _one_by_one(filter, numbers)
    named = {name: _values(filter, name, sums) for name, sums in counted.items()}
    return [Facet(label=name.capitalize(), values=values) for name, values in named.items() if values]


def _values(filter: Filter, name: str, counted: dict[str, int]) -> list[Value]:
    labels = dict([*Kind.choices, *Status.choices])
    chosen = filter.chosen(name)
    values = [
        Value(
            label=labels[value] if name != "model" else value,
            number=number,
            filter=filter.given(name, value),
            chosen=value in chosen,
        )
        for value, number in counted.items()
        if number and value
    ]
    return sorted(values, key=lambda value: (-value.number, value.label))[:MOST_SHOWN]


def _by_index(filter: Filter) -> dict[str, dict[str, int]]:
    """A sum for each value, of entries of an index."""
    choices = {"kind": Kind.values, "status": Status.values, "model": _models(filter)}
    return {name: _sums(filter, name, values) for name, values in choices.items()}


def _sums(filter: Filter, name: str, values: list[str]) -> dict[str, int]:
    tallies = {f"value_{index}": _tally(filter.given(name, value)) for index, value in enumerate(values)}
    return dict(zip(values, tallied(tallies).values(), strict=False)) if tallies else {}


def _tally(filter: Filter) -> Tally:
    return tally(filter.queryset().values("pk"))


def _one_by_one(filter: Filter, numbers: list[int]) -> dict[str, dict[str, int]]:
    """What a search found is read once, since a statement that names it for every value would be a megabyte long."""
    wide = replace(filter, kind="", status="", model="")
    found = [dict(zip(NAMES, row, strict=True)) for row in wide.among(numbers).values_list(*NAMES)]
    chosen = {name: filter.chosen(name) for name in NAMES}
    return {name: Counter(row[name] for row in found if _fits(row, {**chosen, name: []})) for name in NAMES}


def _fits(row: dict[str, str], chosen: dict[str, list[str]]) -> bool:
    return all(row[name] in values for name, values in chosen.items() if values)


def _models(filter: Filter) -> list[str]:
    if filter.by_task_id:
        models = set(filter.given("model", "").queryset().values_list("model", flat=True)) - {""}
        return sorted(models)[: model_names.MOST_COUNTED]
    return model_names.known(listed=filter.presence in LISTED or not filter.presence)
