"""The whole register in numbers: counted now and then by a worker, since to count a million takes a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from dashboard.calls.models import Kind
from dashboard.register.models import Presence, Status, Totals, TrackedTask

LEAST = timedelta(minutes=1)
SHARE = 100
"""Between two counts is at least so many times what the last one took: they need 1 % of a worker's time."""
UNFINISHED = [Status.UNKNOWN, Status.QUEUED, Status.PROCESSING, Status.UPLOADING]
THERE = [Presence.PRESENT, Presence.MISSING]
"""What a look-up can still say something new of."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Of one kind and presence. The numbers after `tasks` are of tasks that a look-up can say something new of."""

    kind: str
    presence: str
    tasks: int
    unfinished: int
    never: int
    """Never looked up."""
    day: int
    """Looked up within the last day, and within the week before that."""
    week: int
    added_at: str
    """When the newest of them came into the register."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    at: datetime
    groups: tuple[Group, ...]

    def tasks(self, *, kind: Kind | None = None, presence: Presence | None = None) -> int:
        return sum(
            group.tasks for group in self.groups if kind in {None, group.kind} and presence in {None, group.presence}
        )

    def number(self, name: str) -> int:
        return sum(getattr(group, name) for group in self.groups)

    @property
    def added_at(self) -> datetime | None:
        """When the last task came into the register."""
        return max((datetime.fromisoformat(group.added_at) for group in self.groups), default=None)

    @property
    def to_look_up(self) -> int:
        return sum(group.tasks for group in self.groups if group.presence in THERE)


def counted() -> Counted | None:
    """What was counted last; None before the first count."""
    row = Totals.objects.exclude(counted_at=None).first()
    if row is None or row.counted_at is None:
        return None
    return Counted(at=row.counted_at, groups=tuple(Group(**group) for group in row.groups))


def keep_up(*, now: datetime, clock: Callable[[], float] = time.perf_counter) -> bool:
    """Counts anew if it is time for that and no other worker does. True if it did."""
    row, _ = Totals.objects.get_or_create(pk=1)
    due = row.begun_at is None or row.begun_at + max(LEAST, timedelta(seconds=row.seconds * SHARE)) <= now
    if not due or not Totals.objects.filter(pk=1, begun_at=row.begun_at).update(begun_at=now):
        return False
    began = clock()
    groups = _groups(now=now)
    Totals.objects.filter(pk=1).update(counted_at=now, groups=groups, seconds=clock() - began)
    return True


def _groups(*, now: datetime) -> list[dict[str, object]]:
    there = Q(presence__in=THERE)
    day, week = now - timedelta(days=1), now - timedelta(days=7)
    found = (
        TrackedTask.objects.order_by("kind", "presence")
        .values("kind", "presence")
        .annotate(
            tasks=Count("pk"),
            unfinished=Count("pk", filter=there & Q(status__in=UNFINISHED)),
            never=Count("pk", filter=there & Q(checked_at=None)),
            day=Count("pk", filter=there & Q(checked_at__gte=day)),
            week=Count("pk", filter=there & Q(checked_at__gte=week, checked_at__lt=day)),
            added_at=Max("tracked_at"),
        )
    )
    return [group | {"added_at": group["added_at"].isoformat()} for group in found]
