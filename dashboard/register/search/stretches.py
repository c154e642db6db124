"""Tasks that a search finds, stretch by stretch: for words too common to sort all that they find, and too rare to be
met soon.

The index is in the order of times (SQLite), or knows times (PostgreSQL). So what is read grows with what a page shows,
and not with what the register holds, wherever in it a word occurs.
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
"""Proposals for each row of a page, at first: not every one of them fits what else is asked for."""
ROOM = 1.3
"""Times as long as a page should take, since words are not spread evenly."""
WIDER = 8
AT_ONCE = 100_000
"""Proposals that are looked at in one go, so that memory is bounded."""
LAST = 2**31 - 1
"""Slot, of all."""


class Place(NamedTuple):
    """Where a row stands."""

    moment: datetime | None
    number: int

    @property
    def slot(self) -> int:
        return slot_of(*self)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of the list that an index has in order: tasks of known times, or those of unknown time."""

    every: TaskQuerySet
    """From the cursor on, in order, whatever is asked for."""
    condition: Q
    """Everything but words."""
    timed: bool
    falling: bool
    last: datetime | None = None
    """Nothing lies behind it; None where the filter doesn't say."""

    @property
    def tasks(self) -> TaskQuerySet:
        """Those that fit, by the index that has them in order."""
        return self.every.filter(self.condition)

    def of(self, condition: Q) -> TaskQuerySet:
        """Those of some that fit. What else is asked for is opaque, so that no index is walked for it."""
        return self.every.filter(predicate.opaque(self.condition), condition)

    def read(self, q: str, *, at_most: int) -> tuple[list[int], Look | None]:
        """The next tasks, each asked for its prompt: which are found, and what was learned; None of an empty one."""
        rows = list(self.tasks.values_list("created_at", "pk", predicate.tells(q))[:at_most])
        met = [number for _, number, fits in rows if fits]
        ends = [Place(*rows[end][:2]) for end in (0, -1)] if rows else []
        return met, Look(begin=ends[0], end=ends[1], read=len(rows), met=len(met)) if ends else None

    @property
    def last_slot(self) -> int:
        """In its direction: the other segment's tasks are proposed as well, and not one of them fits."""
        if self.last:
            return slot_of(self.last, 0)
        first, last = (0, UNTIMED - 1) if self.timed else (UNTIMED, LAST)
        return first if self.falling else last


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was learned of a segment by reading some of its tasks in order."""

    begin: Place
    end: Place
    read: int
    met: int
    """How many of them were found."""

    @property
    def slots(self) -> float:
        """That one task takes."""
        return slots_between(self.begin, self.end) / self.read

    @property
    def share(self) -> float:
        """Of what was not met among so many, there may be one in twice as many."""
        return max(self.met, 0.5) / self.read

    def needed(self, limit: int) -> int:
        """Tasks to be read for so many, if it goes on like that."""
        return int(limit / self.share * ROOM) + 1

    def is_sooner_read(self, limit: int) -> bool:
        """Whether a slot holds more proposals than so many tasks: a million may have been made in an hour."""
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
        """The first and the last, by time."""
        if self.falling:
            return max(self.begin - self.width + 1, self.last), self.begin
        return self.begin, min(self.begin + self.width - 1, self.last)

    @property
    def is_last(self) -> bool:
        return self.last in self.slots

    def up_to(self, slot: int) -> Self:
        return replace(self, width=abs(slot - self.begin) + 1)

    def next(self, *, found: int, missing: int) -> Self:
        """What lies behind it, as far as a page is likely to be full; all of it when nothing was found."""
        begin = self.slots[0] - 1 if self.falling else self.slots[1] + 1
        rest = replace(self, begin=begin).up_to(self.last)
        needed = int(self.width * ROOM * missing / found) + 1 if found else rest.width
        return replace(rest, width=min(needed, rest.width))


def found(q: str, segments: Iterable[Segment], looks: Sequence[Look | None], *, limit: int) -> list[int]:
    """Numbers of the next tasks, in order. `looks` has what was learned of the first segments, None of an empty one."""
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
        # Then there is no reason to keep the stretch short.
        stretch, most = stretch.up_to(stretch.last), 2 * limit
    while True:
        proposed, stretch = _proposed(q, stretch, most=most)
        fitting = segment.of(proposals.one_of(proposed) & predicate.found(q))
        found = _places(fitting, limit=limit - len(places)) if proposed else []
        places += found
        if stretch.is_last or len(places) == limit:
            break
        if 2 * len(found) < len(proposed):
            # What else is asked for fits few of them: perhaps there are few tasks that fit, and they are sooner read.
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
    """So many of the stretch, and how far they reach: through whole slots, and through one at least."""
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
    """Of a segment that nobody looked at: only where it begins."""
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
