"""Counts the tasks that a filter matches: exactly up to a cap, and never at a higher cost than reading that many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import BigIntegerField, Case, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.lookups import GreaterThan

from dashboard.database import prompt_reading, proposals
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TrackedTask
from dashboard.register.search import predicate

COUNT_CAP = 20_000
READ_AT_MOST = 25_000
"""The most tasks that are read to count the matches of a common word, or of one too short for the index."""
SOON = 6000
"""The most tasks that are read before the page is sent."""


@dataclass(frozen=True, kw_only=True)
class Count:
    number: int
    left_out: int = 0
    at_least: bool = False
    """Counting ended before all were read."""
    later: bool = False
    """To be counted after the page is sent: so many may match that the page would wait."""

    @property
    def capped(self) -> bool:
        return self.at_least or self.number > COUNT_CAP

    @property
    def words(self) -> str:
        return f"{self.number:,} or more" if self.at_least and self.number <= COUNT_CAP else in_words(self.number)


class Tally(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS tally)"
    output_field = BigIntegerField()


class Sum(RawSQL):
    """The number of rows that some SQL selects."""

    def __init__(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        super().__init__(f"SELECT COUNT(*) FROM ({sql}) AS tally", parameters, BigIntegerField())  # nosec B608 # our own statement, its values beside it


def in_words(number: int) -> str:
    return f"over {COUNT_CAP:,}" if number > COUNT_CAP else f"{number:,}"


def count(filter: Filter) -> Count:
    """How many tasks match, and how many others a filter by date excludes because they have no time. One query."""
    tallies = _tallies("number", filter.condition(counted=True), filter)
    if filter.by_time:
        tallies |= _tallies("left_out", Q(created_at=None) & filter.untimed().condition(counted=True), filter)
    counted = _tallied_anew(tallies, filter)
    if not counted:
        return Count(number=0)
    at_least = any(counted.get(f"{name}_read", 0) > READ_AT_MOST for name in tallies)
    return Count(number=counted["number"], left_out=counted.get("left_out", 0), at_least=at_least)


def count_soon(filter: Filter) -> Count | None:
    """How many tasks match, or None if a page would wait for that: proposals are counted first, and read if few."""
    if filter.by_time or not filter.prompt_words:
        return count(filter)
    tallies = _tallies("number", filter.condition(counted=True), filter, most=SOON)
    too_many = When(GreaterThan(tallies["number_read"], SOON), then=Value(None))
    counted = _tallied_anew({"number": Case(too_many, default=tallies["number"])}, filter)
    number = counted.get("number", 0)
    return None if number is None else Count(number=number)


def _tallied_anew(tallies: Mapping[str, Any], filter: Filter) -> dict[str, Any]:
    """The tallies. The same query finds out whether prompts have to be read first; then it is repeated."""
    asked = {**tallies, "unread": Sum(prompt_reading.UNREAD_AT_ALL)} if filter.prompt_words else tallies
    counted = tallied(asked)
    if not counted.pop("unread", 0):
        return counted
    prompt_reading.keep_up()
    return _tallied_anew(tallies, filter)


def tally(tasks: QuerySet[Any, Any]) -> Tally:
    return Tally(tasks.order_by()[: COUNT_CAP + 1])


def tallied(tallies: Mapping[str, Any]) -> dict[str, int]:
    """All tallies in one query. They hang on any one row, and an empty register has nothing to count."""
    sums = TrackedTask.objects.order_by("pk").values(**tallies).first()
    return cast("dict[str, int]", sums or {})


def _tallies(name: str, condition: Q, filter: Filter, *, most: int = READ_AT_MOST) -> dict[str, Tally | Sum]:
    tasks = TrackedTask.objects.filter(condition)
    if not filter.prompt_words:
        return {name: tally(tasks.values("pk"))}
    number = TrackedTask.objects.filter(predicate.opaque(condition), predicate.found(filter.prompt_words))
    proposed = predicate.proposed(filter.prompt_words)
    pool, one_more = (
        (proposals.at_most(cut, proposed[0]), proposed[1])
        if proposed
        else tasks.order_by().values("pk")[:cut].query.sql_with_params()
        for cut in (most, most + 1)
    )
    return {name: Tally(number.filter(proposals.among(*pool)).values("pk")), f"{name}_read": Sum(*one_more)}
