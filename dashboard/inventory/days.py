"""Tasks that a search finds, day by day: for words too common to sort all that they find, and too rare to be met soon.

The index is in the order of days (SQLite), or knows days (PostgreSQL). So what is read grows with what a page shows,
and not with what the register holds, wherever in it a word occurs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from dashboard.inventory import search
from dashboard.inventory.models import TaskQuerySet
from dashboard.inventory.prompt_reading import UNKNOWN_DAY, day_of

Days = tuple[int, int]
"""The first and the last."""
UNKNOWN: Days = (UNKNOWN_DAY, UNKNOWN_DAY)
PROPOSALS = 3
"""As many for each row of a page, at first: not every one of them fits what else is asked for."""
WIDER = 8
"""Times what was too little."""
FIRST_DAY, LAST_DAY = 1, 4_000_000


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of the list that an index has in order: tasks of known times, or those of unknown time."""

    tasks: TaskQuerySet
    """From the cursor on, in order."""
    timed: bool
    falling: bool


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was learned of a segment of known times by reading some of its tasks in order."""

    begin: datetime
    end: datetime
    met: int
    """How many of them were found."""


def found(q: str, segments: Iterable[Segment], look: Look | None, *, limit: int) -> list[int]:
    """Numbers of the next tasks, in order. What else narrows a segment must not tempt to walk an index for it."""
    numbers = list[int]()
    for segment in segments:
        here = list[int]()
        for span in _spans(q, segment, look, limit=limit) if segment.timed else [UNKNOWN]:
            fitting = segment.tasks.filter(search.matching(q, days=span))
            here = list(fitting.values_list("pk", flat=True)[: limit - len(numbers)])
            if len(here) == limit - len(numbers):
                break
        numbers += here
        if len(numbers) == limit:
            break
    return numbers


def _spans(q: str, segment: Segment, look: Look | None, *, limit: int) -> Iterator[Days | None]:
    """From where reading begins: each is wider than the one before, and the last one is all that there is."""
    falling = segment.falling
    if connection.vendor == "postgresql":
        if look is not None:
            begin, expected = day_of(look.begin), _expected(look, limit=limit)
            for days in (expected, expected * WIDER):
                yield (begin - days, begin) if falling else (begin, begin + days)
        yield None
        return
    begin = day_of(look.begin) if look else LAST_DAY if falling else FIRST_DAY
    whole = (FIRST_DAY, begin) if falling else (begin, LAST_DAY)
    proposals = PROPOSALS * limit
    while end := search.day_after(proposals, q, whole, falling=falling):
        yield (end, begin) if falling else (begin, end)
        proposals *= WIDER
    yield whole


def _expected(look: Look, *, limit: int) -> int:
    """Days in which a page will be found, if it goes on like that."""
    return int(abs((look.end - look.begin).total_seconds()) / 86_400 * limit / max(look.met, 1)) + 1
