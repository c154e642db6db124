"""How many tasks a filter holds: exact up to a cap, and never dearer than reading that many index entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import BigIntegerField, F, Func, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from dashboard.inventory import search
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


class Matches(Func):
    """How many numbers of a pool have a match. Each is looked up: PostgreSQL may begin a join at its wrong end."""

    template = "(SELECT COUNT(*) FROM %(expressions)s IS NOT NULL)"
    arg_joiner = " AS tally WHERE "
    output_field = BigIntegerField()


def in_words(number: int) -> str:
    return f"over {COUNT_CAP:,}" if number > COUNT_CAP else f"{number:,}"


def count(filter: Filter) -> Count:
    """How many match, and how many a date leaves out, in one query."""
    tallies = _tallies("number", filter.condition(), filter)
    if filter.by_time:
        tallies |= _tallies("left_out", Q(created_at=None) & filter.untimed().condition(), filter)
    counted = tallied(tallies)
    read = [counted.pop(name) for name in list(counted) if name.endswith("_read")]
    return Count(**counted, at_least=any(number > READ_AT_MOST for number in read)) if counted else Count(number=0)


def tally(tasks: QuerySet[Any, Any], *, cap: int = 0) -> Tally:
    return Tally(tasks.order_by()[: (cap or COUNT_CAP) + 1])


def tallied(tallies: Mapping[str, Tally | Matches]) -> dict[str, int]:
    """The sums in one query. Any one row serves to hang them on; a register without rows has nothing to count."""
    sums = TrackedTask.objects.order_by("pk").values(**tallies).first()
    return cast("dict[str, int]", sums or {})


def _tallies(name: str, condition: Q, filter: Filter) -> dict[str, Tally | Matches]:
    tasks = TrackedTask.objects.filter(condition)
    if not filter.prompt_words:
        return {name: tally(tasks.values("pk"))}
    found = search.found(filter.prompt_words)
    pool: QuerySet[Any, Any] = tasks.order_by().values(rowid=F("pk")) if found is None else found
    # By its number alone: of a table that it knows nothing of yet, PostgreSQL would read every task for each number.
    fits = search.opaque(condition & search.unindexed(filter.prompt_words))
    match = TrackedTask.objects.filter(fits, pk=RawSQL("tally.rowid", ()))
    matches = Matches(Subquery(pool[:READ_AT_MOST]), Subquery(match.values("pk")))
    return {name: matches, f"{name}_read": tally(pool, cap=READ_AT_MOST)}
