"""How many tasks a filter holds: exact up to a cap, and never dearer than reading that many index entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import BigIntegerField, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from dashboard.inventory import prompt_reading, search
from dashboard.inventory.filters import Filter
from dashboard.inventory.models import TrackedTask

COUNT_CAP = 20_000
READ_AT_MOST = 25_000
"""Tasks that are looked at to count the matches of a common word, or of one too short for the index."""


@dataclass(frozen=True, kw_only=True)
class Count:
    number: int
    left_out: int = 0
    at_least: bool = False
    """Counting ended before all was looked at."""

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
    """How many rows some SQL selects."""

    def __init__(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        super().__init__(f"SELECT COUNT(*) FROM ({sql}) AS tally", parameters, BigIntegerField())  # nosec B608 # our own statement, its values beside it


def in_words(number: int) -> str:
    return f"over {COUNT_CAP:,}" if number > COUNT_CAP else f"{number:,}"


def count(filter: Filter) -> Count:
    """How many match, and how many a date leaves out, in one query."""
    tallies = _tallies("number", filter.condition(), filter)
    if filter.by_time:
        tallies |= _tallies("left_out", Q(created_at=None) & filter.untimed().condition(), filter)
    if filter.prompt_words:
        # In the same question, whether there is something new to read first.
        tallies["unread"] = Sum(prompt_reading.UNREAD_AT_ALL)
    counted = tallied(tallies)
    if counted.pop("unread", 0):
        prompt_reading.keep_up()
        return count(filter)
    read = [counted.pop(name) for name in list(counted) if name.endswith("_read")]
    return Count(**counted, at_least=any(number > READ_AT_MOST for number in read)) if counted else Count(number=0)


def tally(tasks: QuerySet[Any, Any], *, cap: int = 0) -> Tally:
    return Tally(tasks.order_by()[: (cap or COUNT_CAP) + 1])


def tallied(tallies: Mapping[str, Tally | Sum]) -> dict[str, int]:
    """The sums in one query. Any one row serves to hang them on; a register without rows has nothing to count."""
    sums = TrackedTask.objects.order_by("pk").values(**tallies).first()
    return cast("dict[str, int]", sums or {})


def _tallies(name: str, condition: Q, filter: Filter) -> dict[str, Tally | Sum]:
    tasks = TrackedTask.objects.filter(condition)
    if not filter.prompt_words:
        return {name: tally(tasks.values("pk"))}
    number = TrackedTask.objects.filter(search.opaque(condition), search.found(filter.prompt_words))
    pool, one_more = (
        search.proposed(filter.prompt_words, limit=most) or tasks.order_by().values("pk")[:most].query.sql_with_params()
        for most in (READ_AT_MOST, READ_AT_MOST + 1)
    )
    return {name: Tally(number.filter(search.among(*pool)).values("pk")), f"{name}_read": Sum(*one_more)}
