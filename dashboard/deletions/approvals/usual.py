"""Whether a deletion is far from what its requester usually deletes: plain rules over the last ones that finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median_high

from dashboard.pages.moments import offset

LAST = 20
"""So many finished deletions are looked at."""
LEAST = 5
"""With fewer there is no habit yet."""
FEW = 20
"""So many tasks are never unusual."""
TIMES_THE_MEDIAN, TIMES_THE_LARGEST = 10, 2
HOURS_APART = 4
HARDLY_ANY = 0.05


@dataclass(frozen=True, kw_only=True)
class Habit:
    """One deletion, as the rules see it."""

    size: int
    images: int
    at: datetime
    """When it was confirmed, in the zone of its requester."""
    models: Mapping[str, int] = field(default_factory=dict)
    """Its models; of one in the past their numbers are not needed."""


def unusual(this: Habit, past: Sequence[Habit], *, least: int = LEAST, of: str = "the same person") -> list[str]:
    """A sentence for each rule that it breaks. With fewer than `least` there is no habit yet."""
    if len(past) < least or this.size <= FEW:
        return []
    before = f"the last {len(past)} deletions of {of}"
    return [
        *_size(this, past, before),
        *_hour(this, past, before),
        *_kind(this, past, before),
        *_model(this, past, before),
    ]


def _size(this: Habit, past: Sequence[Habit], before: str) -> list[str]:
    middle, largest = median_high([one.size for one in past]), max(one.size for one in past)
    if this.size <= TIMES_THE_MEDIAN * middle or this.size <= TIMES_THE_LARGEST * largest:
        return []
    return [f"It is far larger than {before}: half of them had {middle:,} tasks or fewer, the largest {largest:,}."]


def _hour(this: Habit, past: Sequence[Habit], before: str) -> list[str]:
    if min(_apart(this.at, one.at) for one in past) <= HOURS_APART:
        return []
    return [
        f"It is {this.at:%H:%M} {offset(this.at)}, and {before} were all more than {HOURS_APART} hours away from that."
    ]


def _apart(one: datetime, other: datetime) -> float:
    """Hours between two times of day, whatever the day."""
    apart = abs((one.hour - other.hour) + (one.minute - other.minute) / 60)
    return min(apart, 24 - apart)


def _kind(this: Habit, past: Sequence[Habit], before: str) -> list[str]:
    deleted = sum(one.size for one in past)
    images = sum(one.images for one in past)
    kinds = [("images", this.images, images), ("videos", this.size - this.images, deleted - images)]
    return [
        f"At least half of it are {kind}, and {before} held hardly any."
        for kind, here, there in kinds
        if 2 * here >= this.size and there <= HARDLY_ANY * deleted
    ]


def _model(this: Habit, past: Sequence[Habit], before: str) -> list[str]:
    known = {"", *(model for one in past for model in one.models)}
    new = {model: number for model, number in this.models.items() if model not in known}
    if 2 * sum(new.values()) < this.size:
        return []
    names = ", ".join(sorted(new, key=lambda model: -new[model])[:3])
    return [f"At least half of it is of models that none of {before} held: {names}."]
