"""The steps of placing and of releasing, which requests or jobs take: each a transaction of its own.

Of two processes that take the same step the later one undoes its own, and goes on from what the first has done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from dashboard.audit import chain
from dashboard.database import proposals
from dashboard.register import selecting
from dashboard.register.holding import covered, matching
from dashboard.register.models import HeldTask, Hold, HoldRelease, Selection, TaskQuerySet, TrackedTask
from dashboard.register.selecting import Role

STEP = 5000
"""Numbers of tasks in one step, held or not, or rows of one hold: other writers wait for it."""
COMPLETED, LIFTED = "hold.completed", "hold.lifted"


def place(hold: Hold, *, now: datetime) -> bool:
    """Places the next part. False when nothing is left."""
    row = TrackedTask.objects.filter(pk__gt=hold.through).order_by("pk").values_list("pk", flat=True).first()
    with transaction.atomic():
        if row is None:
            if placed(hold, now=now):
                hold.refresh_from_db()
                chain.append(actor="", action=COMPLETED, subject=str(hold.uuid), detail={"tasks": hold.placed})
            return False
        last = row + STEP - 1
        covered.lay(hold, _part(hold, row, last, now=now), now=now)
        here = Hold.objects.filter(pk=hold.pk, through=hold.through, moved_at__isnull=False)
        if not here.update(through=last, moved_at=now):
            transaction.set_rollback(True)
    hold.refresh_from_db()
    return hold.is_being_placed


def placed(hold: Hold, *, now: datetime) -> bool:
    """All of it is. False if another process has noted that."""
    under_way = Hold.objects.filter(pk=hold.pk, moved_at__isnull=False)
    if not under_way.update(moved_at=None, selection=None, told=F("placed")):
        return False
    _forget(hold.made_of)
    if hold.is_rule:
        matching.note_applied(hold, now=now)
    return True


def _part(hold: Hold, first: int, last: int, *, now: datetime) -> TaskQuerySet:
    if hold.is_rule:
        return matching.of(hold, now=now).queryset().filter(pk__gte=first, pk__lte=last)
    if hold.selection is None:
        return TrackedTask.objects.none()
    return selecting.selected(hold.selection, between=(first, last))


def lift(release: HoldRelease, *, now: datetime) -> bool:
    """Releases the next part. False when nothing is left."""
    with transaction.atomic():
        part = _next_of(release)
        if part is None:
            if lifted(release, now=now):
                release.refresh_from_db()
                detail = {"holds": release.released}
                chain.append(actor="", action=LIFTED, subject=str(release.uuid), detail=detail)
            return False
        tasks, last = part
        number = covered.lift(release, tasks, holds=release.holds)
        here = HoldRelease.objects.filter(pk=release.pk, through=release.through, moved_at__isnull=False)
        if not here.update(through=last, moved_at=now, released=F("released") + number):
            transaction.set_rollback(True)
    release.refresh_from_db()
    return release.moved_at is not None


def lifted(release: HoldRelease, *, now: datetime) -> bool:
    """All of it is. Holds under which nothing is left end with it. False if another process has noted that."""
    if not HoldRelease.objects.filter(pk=release.pk, moved_at__isnull=False).update(moved_at=None, selection=None):
        return False
    _forget(release.made_of)
    end_empty(release.holds, now=now)
    return True


def end_empty(holds: Sequence[int], *, now: datetime) -> None:
    """Of these, or of all. One that is still being placed, or a rule that takes in more, has not ended."""
    empty = Hold.objects.in_force().filter(count=0, moved_at=None)
    some = empty.filter(pk__in=holds) if holds else empty
    for pk, is_rule, stopped_at in some.order_by("pk").values_list("pk", "filter", "stopped_at"):
        if is_rule is None or stopped_at:
            Hold.objects.filter(pk=pk, count=0).update(ended_at=now)


def _next_of(release: HoldRelease) -> tuple[QuerySet[TrackedTask], int] | None:
    """The tasks of the next step, and the number that it goes through."""
    if release.hold_id is None:
        ahead = TrackedTask.objects.filter(pk__gt=release.through).order_by("pk")
        row = ahead.values_list("pk", flat=True).first()
        if row is None or release.selection is None:
            return None
        last = row + STEP - 1
        return selecting.selected(release.selection, between=(row, last)), last
    numbers = _ahead(release)
    return (TrackedTask.objects.filter(proposals.one_of(numbers)), numbers[-1]) if numbers else None


def under(release: HoldRelease) -> QuerySet[TrackedTask]:
    """The tasks of the next step, where all of a hold is released: not those that its rule took in since."""
    return TrackedTask.objects.filter(proposals.one_of(_ahead(release)))


def _ahead(release: HoldRelease) -> list[int]:
    rows = HeldTask.objects.filter(hold=release.hold_id, release=None, task_id__gt=release.through)
    rows = rows.filter(held_at__lte=release.released_at)
    return list(rows.order_by("task_id").values_list("task_id", flat=True)[:STEP])


def _forget(made_of: UUID | None) -> None:
    if made_of is not None:
        Selection.objects.filter(uuid=made_of, role=Role.DRAFT).delete()
