"""Reads a filter's rows in order, from a cursor on: as quick at row 900,000 as at row 1, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from heapq import nsmallest
from typing import Self

from django.db.models import BooleanField, DateTimeField, F, Func, Q, Value

from dashboard.database import prompt_reading, proposals
from dashboard.pages import moments
from dashboard.pages.filter_forms import DAMAGED, BadFilter
from dashboard.register.counting import Count
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TaskQuerySet, TrackedTask
from dashboard.register.search import predicate, stretches
from dashboard.register.search.stretches import Look, Place, Segment

NEWEST_FIRST = "-created"
OLDEST_FIRST = "created"
READ_WHOLE = 200
"""About the rows of one page."""
SMALL = 50_000
"""In a register of up to this size an index is asked first: it can't propose very many tasks."""
LOOKED_AT, LOOKED_AT_AGAIN = 200, 2000
"""Tasks whose prompts are read in order, to see whether a word is common; and those read for a page if it is."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """A row, and the side of it on which the page is. Number 0 is no row but the moment itself."""

    onward: bool
    created_at: datetime | None
    pk: int

    @classmethod
    def beside(cls, task: TrackedTask, *, onward: bool) -> Self:
        return cls(onward=onward, created_at=task.created_at, pk=task.pk)

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        if not text:
            return None
        parts = re.fullmatch(r"([ab])(x|-?[0-9]{1,18})\.([0-9]{1,18})", text)
        try:
            if parts is None:
                raise ValueError
            side, micros, pk = parts.groups()
            created_at = None if micros == "x" else EPOCH + timedelta(microseconds=int(micros))
        except (ValueError, OverflowError) as error:
            raise BadFilter(DAMAGED) from error
        return cls(onward=side == "a", created_at=created_at, pk=int(pk))

    @classmethod
    def at_day(cls, day: date, *, sort: str) -> Self:
        """Before the first task of that day, in the person's zone and in the order of `sort`."""
        falling = sort == NEWEST_FIRST and day < date.max
        return cls(onward=True, created_at=moments.begin_of(day + timedelta(days=1) if falling else day), pk=0)

    def day(self, *, sort: str) -> date | None:
        """The day that `at_day` was given; None for a cursor at a row."""
        if self.pk or self.created_at is None:
            return None
        falling = sort == NEWEST_FIRST and self.created_at > moments.FIRST
        return moments.local(self.created_at - moments.TICK if falling else self.created_at).date()

    def turned(self) -> Self:
        return replace(self, onward=not self.onward)

    def __str__(self) -> str:
        micros = "x" if self.created_at is None else str(_micros(self.created_at))
        return f"{'a' if self.onward else 'b'}{micros}.{self.pk}"


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Reads the rows of `filter` in the order of `sort`; `tasks` has the columns that are read."""

    filter: Filter
    sort: str
    tasks: TaskQuerySet
    """They must include the times."""

    @classmethod
    def through(cls, filter: Filter, *, sort: str, tasks: TaskQuerySet) -> Self:
        return cls(filter=filter, sort=sort, tasks=tasks)

    def beyond(self, cursor: Cursor | None, *, limit: int) -> list[TrackedTask]:
        """The next rows from the cursor on, in its direction."""
        if self.filter.prompt_words:
            return self._found(cursor, limit=limit)
        rows: list[TrackedTask] = []
        for segment in self._segments(cursor):
            rows += segment.tasks[: limit - len(rows)]
            if len(rows) == limit:
                break
        return rows

    @property
    def count(self) -> Count | None:
        """How many rows match, if that is known because they were sorted."""
        if not self.filter.prompt_words or self.candidates is None:
            return None
        left_out = sum(moment is None for moment, _ in self._places) if self.filter.by_time else 0
        return Count(number=len(self._places) - left_out, left_out=left_out)

    @property
    def plenty(self) -> bool:
        """Whether a search in a large register finds so many that a page would wait for their number."""
        return self._is_large and self.candidates is None

    @cached_property
    def _is_large(self) -> bool:
        return bool(self.filter.prompt_words) and self._size > SMALL

    @cached_property
    def _size(self) -> int:
        """About how many tasks there are. New prompts are read first."""
        return prompt_reading.keep_up()

    @cached_property
    def candidates(self) -> list[int] | None:
        """All tasks that a search may find, if they are few enough to be sorted."""
        return predicate.candidates(self.filter.prompt_words, limit=proposals.FEW)

    def _found(self, cursor: Cursor | None, *, limit: int) -> list[TrackedTask]:
        """Rows for a search: common words are soon met in order, results of rare ones sorted, others in stretches."""
        q = self.filter.prompt_words
        if self._is_known_to_find_few():
            return self._picked(cursor, limit=limit)
        met, looks = self._met(cursor, limit=limit, at_most=LOOKED_AT)
        if self._is_large and self._is_common(looks) and (met is None or len(met) == limit):
            self.__dict__["candidates"] = None
        if met is not None:
            return self._rows(met)
        if self.candidates is not None:
            return self._picked(cursor, limit=limit)
        indexed = predicate.is_indexed(q)
        more = _sooner_read(looks, limit=limit) if indexed else LOOKED_AT_AGAIN
        met, _ = self._met(cursor, limit=limit, at_most=more) if more else (None, [])
        if met is not None:
            return self._rows(met)
        if indexed:
            return self._rows(stretches.found(q, self._segments(cursor), looks, limit=limit))
        read = predicate.candidates(q, limit=proposals.FEW, reading=True)
        if read is not None:
            self.__dict__["candidates"] = read
            return self._picked(cursor, limit=limit)
        rows: list[TrackedTask] = []
        for segment in self._segments(cursor):
            rows += segment.tasks.filter(predicate.found(q))[: limit - len(rows)]
        return rows

    def _is_known_to_find_few(self) -> bool:
        """Whether the results are known to be few, found out by an index at less cost than reading tasks."""
        if not self._is_large:
            return self.candidates is not None
        lazily = proposals.stop_at_the_limit()
        few = predicate.candidates(self.filter.prompt_words, limit=READ_WHOLE) if lazily else None
        if few is not None:
            self.__dict__["candidates"] = few
        return few is not None

    def _is_common(self, looks: Sequence[Look | None]) -> bool:
        """Whether an index would propose too many to sort, at the share that the looks have shown."""
        looked_at = [look for look in looks if look]
        met, read = sum(look.met for look in looked_at), sum(look.read for look in looked_at)
        return met * self._size > proposals.FEW * read

    def _met(self, cursor: Cursor | None, *, limit: int, at_most: int) -> tuple[list[int] | None, list[Look | None]]:
        """The results among the next few tasks, or None if they are too few to fill the page."""
        met, looks, left = list[int](), list[Look | None](), at_most
        for segment in self._segments(cursor):
            found, look = segment.read(self.filter.prompt_words, at_most=left)
            met += found
            left -= look.read if look else 0
            looks.append(look)
            if not left:
                break
        return (met[:limit] if left or len(met) >= limit else None), looks

    def _rows(self, numbers: list[int]) -> list[TrackedTask]:
        rows = {row.pk: row for row in self.tasks.filter(pk__in=numbers)}
        return [rows[pk] for pk in numbers if pk in rows]

    @cached_property
    def _fitting(self) -> TaskQuerySet:
        """All candidates that match the filter, except for its times."""
        return self.filter.untimed().among(self.candidates or [], of=self.tasks)

    @cached_property
    def _whole(self) -> dict[int, TrackedTask]:
        """The complete rows of the candidates, if they are few enough to be read before it is known which are shown."""
        few = len(self.candidates or []) <= READ_WHOLE
        return {row.pk: row for row in self._fitting} if few else {}

    @cached_property
    def _places(self) -> list[Place]:
        """Places of all candidates that match, including unknown times, which a date excludes later."""
        whole = [(row.created_at, row.pk) for row in self._whole.values()]
        places = whole or self._fitting.values_list("created_at", "pk")
        return [Place(moment, pk) for moment, pk in places if moment is None or self.filter.covers(moment)]

    def _picked(self, cursor: Cursor | None, *, limit: int) -> list[TrackedTask]:
        onward = _onward(cursor)
        sign = -1 if self._falling(cursor) else 1

        def step(place: Place) -> tuple[bool, int, int]:
            """A sort key that grows in the direction of reading; unknown times are at the far end of the list."""
            return (place.moment is None) == onward, sign * _micros(place.moment), sign * place.number

        places = [place for place in self._places if place.moment or not self.filter.by_time]
        if cursor is not None:
            places = [place for place in places if step(place) > step(Place(cursor.created_at, cursor.pk))]
        numbers = [pk for _, pk in nsmallest(limit, places, key=step)]
        return [self._whole[pk] for pk in numbers] if self._whole else self._rows(numbers)

    def _segments(self, cursor: Cursor | None) -> Iterator[Segment]:
        """Tasks with known and with unknown time, each by the index, which `NULLS LAST` over both would not use."""
        falling = self._falling(cursor)
        tasks = self.tasks.order_by("-created_at", "-pk") if falling else self.tasks.order_by("created_at", "pk")
        segment = partial(Segment, condition=self.filter.condition(), falling=falling)
        known = partial(segment, timed=True, last=self._last(falling=falling))
        unknown = partial(segment, timed=False)
        all_known, all_unknown = (tasks.filter(created_at__isnull=is_null) for is_null in (False, True))
        # A date excludes unknown times anyway.
        has_unknown = not self.filter.by_time
        if cursor is not None and cursor.created_at is None:
            if has_unknown:
                beyond = Q(pk__lt=cursor.pk) if falling else Q(pk__gt=cursor.pk)
                yield unknown(every=all_unknown.filter(beyond))
            if not cursor.onward:
                yield known(every=all_known)
            return
        yield known(every=all_known.filter(_past(cursor, falling=falling)) if cursor else all_known)
        if _onward(cursor) and has_unknown:
            yield unknown(every=all_unknown)

    def _last(self, *, falling: bool) -> datetime | None:
        """The moment beyond which the filter finds nothing."""
        filter = self.filter
        if falling:
            return filter.begin if filter.created_after else None
        return filter.end if filter.created_before else None

    def _falling(self, cursor: Cursor | None) -> bool:
        return (self.sort == NEWEST_FIRST) == _onward(cursor)


def _sooner_read(looks: Sequence[Look | None], *, limit: int) -> int:
    """How many tasks to read on if an index would propose more for a single slot; else 0."""
    needed = [look.needed(limit) for look in looks if look and look.is_sooner_read(limit)]
    return needed[0] if needed and needed[0] <= LOOKED_AT_AGAIN else 0


def _onward(cursor: Cursor | None) -> bool:
    return cursor is None or cursor.onward


def _micros(moment: datetime | None) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) if moment else 0


def _past(cursor: Cursor, *, falling: bool) -> Func:
    """`(created_at, id) < (x, y)`, as one comparison: `a < x OR (a = x AND id < y)` would read all rows up to it."""
    here = Func(F("created_at"), F("pk"), function="", output_field=BooleanField())
    there = Func(Value(cursor.created_at, DateTimeField()), Value(cursor.pk), function="", output_field=BooleanField())
    return Func(
        here,
        there,
        arg_joiner=" < " if falling else " > ",
        template="%(expressions)s",
        output_field=BooleanField(),
    )
