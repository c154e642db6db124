"""Rules: a hold on all that matches a filter, now and when it comes in later."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from dashboard.audit import chain
from dashboard.database import locks, proposals
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.holding import asking, covered, jobs, matching, steps
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.holding.placing import AT_ONCE, STAYS, record
from dashboard.register.models import HeldTask, Hold, HoldRelease, TrackedTask

STOPPED, AGED = "hold.rule_stopped", "hold.outgrown"
STOPS = "It stays with the rule."
OVER = "This rule was stopped already, or has ended."


def make(*, filter: Filter, by: By, reason: str, until: datetime | None, now: datetime) -> Hold:
    """It is applied at once, or by a job where much matches; nothing is sent by anybody until that is done.

    Raises `BadFilter` and `Invalid`.
    """
    kept = matching.as_rule(filter)
    if errors := asking.reason_errors(reason, stays=STAYS):
        raise Invalid(errors)
    expected = count(filter)
    about = {"by": by.name, "reason": reason.strip(), "until": until, "placed_at": now, "moved_at": now}
    with transaction.atomic():
        hold = Hold.objects.create(
            **about, filter=kept.query_string(), by_task_id=kept.by_task_id, due_at=now, expected=expected.number
        )
        jobs.place.enqueue(str(hold.uuid))
        # What is being imported at this moment is there when this is committed, or finds the rule (`taking.py`).
        locks.wait_for_writers(covered.TASKS)
        record(hold, by=by, rule=kept.words)
    if not expected.at_least and expected.number <= AT_ONCE:
        # If this process dies here, the job does it.
        while steps.place(hold, now=now):
            pass
    return hold


def stop(*, rule: Hold, by: By, reason: str, now: datetime) -> None:
    """It takes in no more. What it holds stays held until that is released."""
    if errors := asking.reason_errors(reason, stays=STOPS):
        raise Invalid(errors)
    said = {"stopped_at": now, "stopped_by": by.name, "stopped_reason": reason.strip(), "due_at": None}
    with transaction.atomic():
        if not Hold.objects.rules().filter(pk=rule.pk).update(**said):
            raise Refused(OVER)
        steps.end_empty([rule.pk], now=now)
        detail = {"reason": reason.strip()}
        chain.append(actor=by.name, address=by.address, action=STOPPED, subject=str(rule.uuid), detail=detail)


def is_behind(*, now: datetime) -> bool:
    """Whether a rule has to be applied before anything may be sent."""
    return Hold.objects.behind(now=now).exists()


def keep_up(*, now: datetime) -> None:
    """Applies rules with ages again, before somebody has to wait for it."""
    with_ages = Hold.objects.rules().filter(looked_at__isnull=False, moved_at=None)
    soon = Q(due_at__lte=now + matching.AHEAD / 2) | Q(due_at=None, looked_at__lte=now - matching.AHEAD / 2)
    for rule in with_ages.filter(soon).order_by("pk"):
        _apply_again(rule, now=now)


def _apply_again(rule: Hold, *, now: datetime) -> None:
    """In two transactions: each locks tasks before holds."""
    filter, before = matching.kept(rule, now=now), rule.looked_at or rule.placed_at
    if matching.shrinks_with_time(filter):
        _let_go(rule, _outgrown(filter, before, now), now=now)
    with transaction.atomic():
        if matching.grows_with_time(filter):
            older = matching.at(filter, before).end
            covered.lay(rule, matching.of(rule, now=now).queryset().filter(created_at__gt=older), now=now)
        matching.note_applied(rule, now=now)


def _outgrown(filter: Filter, before: datetime, now: datetime) -> QuerySet[TrackedTask]:
    """Tasks that were young enough when it was applied last, and are not now."""
    then, here = matching.at(filter, before - matching.AHEAD), matching.at(filter, now)
    return TrackedTask.objects.filter(listed__in=[0, 1], created_at__gte=then.begin, created_at__lt=here.begin)


@transaction.atomic
def _let_go(rule: Hold, tasks: QuerySet[TrackedTask], *, now: datetime) -> None:
    under = list(HeldTask.objects.filter(hold=rule, release=None, task__in=tasks).values_list("task_id", flat=True))
    if not under:
        return
    release = HoldRelease.objects.create(cause=HoldRelease.Cause.AGE, released_at=now, hold=rule, holds=[rule.pk])
    number = covered.lift(release, TrackedTask.objects.filter(proposals.one_of(under)), holds=[rule.pk])
    HoldRelease.objects.filter(pk=release.pk).update(released=number)
    chain.append(actor="", action=AGED, subject=str(rule.uuid), detail={"tasks": number})
