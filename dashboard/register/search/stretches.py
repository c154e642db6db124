"""Search results read in stretches: for words with too many results to sort, and too few to meet them soon.

The index is in the order of times (SQLite), or knows times (PostgreSQL). So the cost depends on the page, not on the
size of the register, wherever the word occurs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Self

from django.db.models import Q

from dashboard.database import proposals
from dashboard.database.prompt_reading import UNTIMED, slot_of, slots_between
from dashboard.register.models import TaskQuerySet, TrackedTask
from dashboard.register.search import predicate

MOST = 4
"""Proposals read per row of a page at first: not all of them pass the other filters."""
ROOM = 1.3
"""Stretches are longer by this factor than a page needs, since words are not evenly spread."""
WIDER = 8
AT_ONCE = 100_000
"""The most proposals that are checked at once, to limit memory."""
LAST = 2**31 - 1
"""The highest slot."""


class Place(NamedTuple):
    """The place of a row in the list."""

    moment: datetime | None
    number: int

    @property
    def slot(self) -> int:
        return slot_of(*self)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of the list that an index has in order: tasks with known times, or with unknown time."""

    every: TaskQuerySet
    """All tasks from the cursor on, in order, not filtered."""
    condition: Q
    """All conditions except the words."""
    timed: bool
    falling: bool
    last: datetime | None = None
    """The filter matches nothing beyond it; None if the filter has no such limit."""

    @property
    def tasks(self) -> TaskQuerySet:
        """Tasks that match the filter, by the index that has them in order."""
        return self.every.filter(self.condition)

    def of(self, condition: Q) -> TaskQuerySet:
        """Tasks that match the filter and `condition`. The filter is opaque, so that no index is used for it."""
        return self.every.filter(predicate.opaque(self.condition), condition)

    def read(self, q: str, *, at_most: int) -> tuple[list[int], Look | None]:
        """Reads the next tasks' prompts: the numbers of those found, and what was learnt; None for an empty segment."""
        rows = list(self.tasks.values_list("created_at", "pk", predicate.tells(q))[:at_most])
        met = [number for _, number, fits in rows if fits]
        ends = [Place(*rows[end][:2]) for end in (0, -1)] if rows else []
        return met, Look(begin=ends[0], end=ends[1], read=len(rows), met=len(met)) if ends else None

    @property
    def last_slot(self) -> int:
        """The last slot in its direction: it excludes proposals of the other segment, which can't match."""
        if self.last:
            return slot_of(self.last, 0)
        first, last = (0, UNTIMED - 1) if self.timed else (UNTIMED, LAST)
        return first if self.falling else last


@dataclass(frozen=True, kw_only=True)
class Look:
    """What reading some tasks of a segment in order has shown."""

    begin: Place
    end: Place
    read: int
    met: int
    """How many of them were found."""

    @property
    def slots(self) -> float:
        """Slots per task."""
        return slots_between(self.begin, self.end) / self.read

    @property
    def share(self) -> float:
        """The share of tasks that are found. If none was, there may still be one among twice as many."""
        return max(self.met, 0.5) / self.read

    def needed(self, limit: int) -> int:
        """How many tasks must be read for `limit` results, at this share."""
        return int(limit / self.share * ROOM) + 1

    def is_sooner_read(self, limit: int) -> bool:
        """Whether one slot has more proposals than that many tasks: a million may have been made in an hour."""
        return self.needed(limit) * self.slots < self.share


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Slots of a segment from `begin` on, in its order."""

    begin: int
    width: int
    falling: bool
    last: int

    @classmethod
    def first(cls, segment: Segment, look: Look, *, limit: int) -> Self:
        width = int(look.slots * look.needed(limit)) + 1
        return cls(begin=look.begin.slot, width=width, falling=segment.falling, last=segment.last_slot)

    @property
    def slots(self) -> tuple[int, int]:
        """The first and the last slot, by time."""
        if self.falling:
            return max(self.begin - self.width + 1, self.last), self.begin
        return self.begin, min(self.begin + self.width - 1, self.last)

    @property
    def is_last(self) -> bool:
        return self.last in self.slots

    def up_to(self, slot: int) -> Self:
        return replace(self, width=abs(slot - self.begin) + 1)

    def next(self, *, found: int, missing: int) -> Self:
        """The next stretch, as long as is likely to fill the page; the whole rest if nothing was found."""
        begin = self.slots[0] - 1 if self.falling else self.slots[1] + 1
        rest = replace(self, begin=begin).up_to(self.last)
        needed = int(self.width * ROOM * missing / found) + 1 if found else rest.width
        return replace(rest, width=min(needed, rest.width))


def found(q: str, segments: Iterable[Segment], looks: Sequence[Look | None], *, limit: int) -> list[int]:
    """Numbers of the next tasks, in order. `looks` is what was learnt of the first segments, None for an empty one."""
    numbers: list[int] = []
    for place, segment in enumerate(segments):
        if len(numbers) == limit:
            break
        look = looks[place] if place < len(looks) else _unread(segment)
        if look is not None:
            numbers += _found_in(q, segment, look, limit=limit - len(numbers))
    return numbers


def _found_in(q: str, segment: Segment, look: Look, *, limit: int) -> list[int]:
    places = list[Place]()
    stretch, most = Stretch.first(segment, look, limit=limit), MOST * limit
    if proposals.stop_at_the_limit():
        # Then a short stretch has no advantage.
        stretch, most = stretch.up_to(stretch.last), 2 * limit
    while True:
        proposed, stretch = _proposed(q, stretch, most=most)
        fitting = segment.of(proposals.one_of(proposed) & predicate.found(q))
        found = _places(fitting, limit=limit - len(places)) if proposed else []
        places += found
        if stretch.is_last or len(places) == limit:
            break
        if 2 * len(found) < len(proposed):
            # Few of the proposals match the other filters. Perhaps few tasks do, and reading those is quicker.
            most = min(most * WIDER, AT_ONCE)
            met, look_again = segment.read(q, at_most=most)
            if len(met) >= limit or look_again is None or look_again.read < most:
                return met[:limit]
        stretch = stretch.next(found=len(found), missing=limit - len(places))
    by_id = predicate.by_id(q)
    if by_id:
        places = sorted({*places, *_places(segment.of(by_id), limit=limit)}, key=_key, reverse=segment.falling)
    return [place.number for place in places[:limit]]


def _proposed(q: str, stretch: Stretch, *, most: int) -> tuple[list[int], Stretch]:
    """Proposals of the stretch, and the part that they cover: whole slots only, and at least one."""
    rows = predicate.in_order(q, stretch.slots, falling=stretch.falling, limit=most)
    if len(rows) < most:
        return [number for _, number in rows], stretch
    (first, _), (last, _) = rows[0], rows[-1]
    if first == last:
        rows = predicate.in_order(q, (first, first), falling=stretch.falling, limit=None)
        return [number for _, number in rows], stretch.up_to(first)
    return [number for slot, number in rows if slot != last], stretch.up_to(last + 1 if stretch.falling else last - 1)


def _key(place: Place) -> tuple[int, datetime | None, int]:
    return place.slot, *place


def _places(tasks: TaskQuerySet, *, limit: int) -> list[Place]:
    return [Place(*place) for place in tasks.values_list("created_at", "pk")[:limit]]


def _unread(segment: Segment) -> Look | None:
    """A look at a segment that was not read: only its beginning."""
    order = ("-created_at", "-pk") if segment.falling else ("created_at", "pk")
    firsts = [
        _places(
            TrackedTask.objects.filter(listed=listed, created_at__isnull=not segment.timed).order_by(*order), limit=1
        )
        for listed in (0, 1)
    ]
    begins = sorted((place for first in firsts for place in first), key=lambda place: place.slot)
    begin = begins[-1 if segment.falling else 0] if begins else None
    return Look(begin=begin, end=begin, read=1, met=0) if begin else None
