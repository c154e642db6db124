"""The number of tasks that each value of a filter would match, with the other filters unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Case, CharField, Exists, OuterRef, Q, When
from django.db.models import Value as Constant

from dashboard.calls.models import Kind
from dashboard.database import prompt_reading
from dashboard.register.counting import Tally, in_words, tallied, tally
from dashboard.register.filters import model_names
from dashboard.register.filters.filter import Filter
from dashboard.register.filters.model_names import Choice
from dashboard.register.models import LISTED, Star, Starred, Status
from dashboard.register.search import predicate

NAMES = ("kind", "status", "model", "starred")
ENUMERATED = {"kind": Kind, "status": Status, "starred": Starred}
MOST_SHOWN = 20
MOST_OFFERED = 500
"""The most models to choose from, in the order of their names."""
MOST_READ = 5000
"""The most results of a search that are read to count them."""


@dataclass(frozen=True, kw_only=True)
class Value:
    label: str
    number: int | None
    """None if it can't be counted."""
    filter: Filter
    """The filter with this value chosen, or without it if it is chosen now."""
    chosen: bool
    text: str = ""
    """What the field takes."""
    unknown: bool = False
    """No task has this value."""

    @property
    def words(self) -> str:
        return "" if self.number is None else in_words(self.number)


@dataclass(frozen=True, kw_only=True)
class Facet:
    label: str
    values: list[Value]
    more: bool = False
    """Some values are not shown."""


Names = dict[str, Sequence[str]]
"""For each value shown here, the values in the register, which may write a name in several ways."""
Rows = list[dict[str, str]]


def facets(filter: Filter) -> list[Facet] | None:
    """None if counting would mean reading prompts one by one: a word is common, or too short for the index."""
    found = _found(filter)
    if found is None and filter.prompt_words:
        return None
    names = _names(filter, most=model_names.MOST_COUNTED) if found is None else [row["model"] for row in found]
    shown = [_facet(name, _values(filter, name, found)) for name in ("kind", "status")]
    models = _facet("model", _model_values(filter, _choices(filter, names), found))
    stars = _stars(filter, found)
    cut = found is None and len(names) >= model_names.MOST_COUNTED
    return [facet for facet in [*shown, replace(models, more=models.more or cut), stars] if facet.values]


def models(filter: Filter) -> list[Value]:
    """All models to choose from, those that are chosen first, the others in the order of their names."""
    values = _model_values(filter, _choices(filter, _names(filter, most=MOST_OFFERED)), _found(filter))
    return sorted(values, key=lambda value: not value.chosen)


def _facet(name: str, values: list[Value]) -> Facet:
    """A chosen value is shown even if nothing matches it, so that it can be removed."""
    some = [value for value in values if value.number or value.chosen]
    some.sort(key=lambda value: (-(value.number or 0), value.label))
    shown = [value for place, value in enumerate(some) if place < MOST_SHOWN or value.chosen]
    return Facet(label=name.capitalize(), values=shown, more=len(some) > len(shown))


def _stars(filter: Filter, found: Rows | None) -> Facet:
    """Only where there are both: mostly nothing has a star."""
    if found is None and not filter.starred and not Star.objects.exists():
        return Facet(label="Starred", values=[])
    values = _values(filter, "starred", found)
    is_told = filter.starred or any(value.number for value in values if value.text == Starred.YES)
    return _facet("starred", values if is_told else [])


def _values(filter: Filter, name: str, found: Rows | None) -> list[Value]:
    chosen = getattr(filter, name)
    labels = dict(ENUMERATED[name].choices)
    return [
        Value(
            label=str(labels[value]),
            number=number,
            filter=filter.given(name, "" if value == chosen else value),
            chosen=value == chosen,
            text=value,
        )
        for value, number in _sums(filter, name, {value: [value] for value in labels}, found).items()
    ]


def _model_values(filter: Filter, models: list[Choice], found: Rows | None) -> list[Value]:
    countable = found is not None or not filter.prompt_words
    sums = _sums(filter, "model", {choice.text: choice.names for choice in models}, found) if countable else {}
    chosen = {choice.key for choice in filter.models}
    return [
        Value(
            label=choice.words,
            number=sums.get(choice.text),
            filter=filter.toggled(choice),
            chosen=choice.key in chosen,
            text=choice.text,
            unknown=not choice.names,
        )
        for choice in models
    ]


def _names(filter: Filter, *, most: int) -> list[str]:
    """Models of the tasks that match the other filters, perhaps with some more."""
    if filter.by_task_id:
        return sorted(set(filter.without("model").queryset().values_list("model", flat=True)))[:most]
    return model_names.known(listed=filter.presence in LISTED or not filter.presence, most=most)


def _choices(filter: Filter, names: Sequence[str]) -> list[Choice]:
    """One choice for each of the names, and the chosen models."""
    there = {choice.key: choice for choice in model_names.choices(names)}
    # Deleted tasks may write a chosen name in another way.
    there |= {choice.key: choice for choice in filter.models if choice.names}
    return [*(choice for choice in filter.models if not choice.names), *(there[key] for key in sorted(there))]


def _sums(filter: Filter, name: str, values: Names, found: Rows | None) -> dict[str, int]:
    if found is None:
        return _by_index(filter.without(name), name, values)
    others = {other: filter.chosen(other) for other in NAMES if other != name and getattr(filter, other)}
    counted = Counter(row[name] for row in found if all(row[other] in these for other, these in others.items()))
    return {value: sum(counted[one] for one in these) for value, these in values.items()}


def _by_index(filter: Filter, name: str, values: Names) -> dict[str, int]:
    """The tallies of all values, each from an index, in one query."""
    tallies = {f"value_{place}": _tally(filter, name, these) for place, these in enumerate(values.values()) if these}
    sums = tallied(tallies) if tallies else {}
    return {value: sums.get(f"value_{place}", 0) for place, value in enumerate(values)}


def _tally(filter: Filter, name: str, these: Sequence[str]) -> Tally:
    if name == "starred":
        return tally(filter.given(name, these[0]).queryset().values("pk"))
    is_one = Q(**{f"{name}__in": these}) if len(these) > 1 else Q(**{name: these[0]})
    return tally(filter.queryset().filter(is_one).values("pk"))


def _found(filter: Filter) -> Rows | None:
    """Results of a search, read once: a statement that names them for every value would be a megabyte long. None
    without a search, or if there are too many results."""
    if not filter.prompt_words:
        return None
    prompt_reading.keep_up()
    numbers = predicate.candidates(filter.prompt_words, limit=MOST_READ)
    if numbers is None:
        return None
    wide = replace(filter, kind="", status="", model="", starred="")
    has_star = When(Exists(Star.objects.filter(task=OuterRef("pk"))), then=Constant(Starred.YES))
    star = Case(has_star, default=Constant(Starred.NO), output_field=CharField())
    rows = wide.among(numbers).values_list(*NAMES[:-1], star)
    return [dict(zip(NAMES, row, strict=True)) for row in rows]
