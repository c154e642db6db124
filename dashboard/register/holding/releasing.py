"""Releasing: some tasks from some of their holds, or all that is under one. Other holds of the same tasks stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from dashboard.audit import chain
from dashboard.register.holding import asking, covered, jobs, steps
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.holding.placing import AT_ONCE, NAMED
from dashboard.register.models import HeldTask, Hold, HoldRelease, Selection, TrackedTask

RELEASED, ENDED = "hold.released", "hold.ended"
STAYS = "It stays in the history of these tasks."
NOT_HELD = "None of these tasks is held. There is nothing to release."
TWICE = "This was done by an earlier press. Nothing was released twice."
UNDER_WAY = "This hold is still being placed, or released by somebody else. Wait until that is done."
CHANGED = "Other tasks are held than those that you were asked about. Read the new number, then release again."


class Changed(Refused):
    """The set is another than the one that the person saw."""


def release_selected(
    *, selection: Selection, holds: Sequence[int], seen: int, by: By, reason: str, now: datetime
) -> HoldRelease:
    """Of a frozen set. `holds`: from these only; from all where none is named. `seen`: how many tasks that were when
    the person was asked."""
    if errors := asking.reason_errors(reason, stays=STAYS):
        raise Invalid(errors)
    if HoldRelease.objects.filter(made_of=selection.uuid).exists():
        raise Refused(TWICE)
    number = number_held(selection, holds)
    if not number and not seen:
        raise Invalid({"": NOT_HELD})
    if number != seen:
        raise Changed(CHANGED)
    about = {"by": by.name, "reason": reason.strip(), "holds": list(holds), "released_at": now, "moved_at": now}
    try:
        with transaction.atomic():
            release = HoldRelease.objects.create(**about, made_of=selection.uuid, selection=selection)
            if selection.count > AT_ONCE:
                jobs.lift.enqueue(str(release.uuid))
            else:
                _take(release, asking.tasks_of(selection), now=now)
            _record(release, by=by, asked=number)
    except IntegrityError:
        if HoldRelease.objects.filter(made_of=selection.uuid).exists():
            raise Refused(TWICE) from None
        raise
    return release


def release_hold(*, hold: Hold, seen: int, by: By, reason: str, now: datetime) -> HoldRelease:
    """All that is under it. A rule goes on with what comes in later, until it is stopped."""
    if errors := asking.reason_errors(reason, stays=STAYS):
        raise Invalid(errors)
    hold.refresh_from_db()
    if hold.is_being_placed or hold.releases.filter(moved_at__isnull=False).exists():
        raise Refused(UNDER_WAY)
    if hold.count != seen or not seen:
        raise Changed(CHANGED)
    with transaction.atomic():
        about = {"by": by.name, "reason": reason.strip(), "released_at": now, "moved_at": now}
        release = HoldRelease.objects.create(**about, hold=hold, holds=[hold.pk])
        _take_all(release, hold, now=now)
        _record(release, by=by, asked=seen)
    return release


def end(hold: Hold, *, now: datetime) -> bool:
    """Its last moment is over: what is under it is released, and a rule takes in no more. False if another process has
    ended it."""
    about = {"cause": HoldRelease.Cause.UNTIL, "released_at": now, "moved_at": now, "made_of": hold.uuid}
    try:
        with transaction.atomic():
            release = HoldRelease.objects.create(**about, hold=hold, holds=[hold.pk])
            _take_all(release, hold, now=now, all_of=False)
            Hold.objects.filter(pk=hold.pk).update(ended_at=now, due_at=None)
            chain.append(actor="", action=ENDED, subject=str(hold.uuid), detail={"tasks": hold.count})
    except IntegrityError:
        # It ends once.
        return False
    return True


def rows_of(selection: Selection, holds: Sequence[int] = ()) -> QuerySet[HeldTask]:
    """What of a frozen set is held, once for each of its holds."""
    rows = HeldTask.objects.filter(release=None, task__in=asking.tasks_of(selection).values("pk"))
    return rows.filter(hold__in=holds) if holds else rows


def number_held(selection: Selection, holds: Sequence[int] = ()) -> int:
    return rows_of(selection, holds).values("task").distinct().count()


def _take_all(release: HoldRelease, hold: Hold, *, now: datetime, all_of: bool = True) -> None:
    """At once, or by a job. `all_of`: exactly as many as were asked about, or nothing is done."""
    if hold.count > AT_ONCE:
        jobs.lift.enqueue(str(release.uuid))
        return
    number = _take(release, steps.under(release), now=now)
    if all_of and number != hold.count:
        raise Changed(CHANGED)


def _take(release: HoldRelease, tasks: QuerySet[TrackedTask], *, now: datetime) -> int:
    number = covered.lift(release, tasks, holds=release.holds)
    HoldRelease.objects.filter(pk=release.pk).update(released=F("released") + number)
    steps.lifted(release, now=now)
    release.refresh_from_db()
    return number


def _record(release: HoldRelease, *, by: By, asked: int) -> None:
    """Tells the log, as the last statement of its transaction."""
    detail: dict[str, object] = {"reason": release.reason, "tasks": asked}
    if release.moved_at is None and asked <= NAMED:
        tasks = TrackedTask.objects.filter(holds__release=release).distinct().order_by("pk")
        detail["named"] = [list(row) for row in tasks.values_list("kind", "task_id")]
    rows = Hold.objects.filter(pk__in=release.holds).order_by("pk")
    holds = [str(uuid) for uuid in rows.values_list("uuid", flat=True)]
    detail["from"] = holds or "all holds"
    subject = holds[0] if len(holds) == 1 else str(release.uuid)
    chain.append(actor=by.name, address=by.address, action=RELEASED, subject=subject, detail=detail)
