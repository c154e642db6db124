"""What time does to rules: they are announced, run, and stop when their owner can't answer for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from dashboard.audit import chain
from dashboard.rules import consents, jobs, running, standing
from dashboard.rules.models import Rule, Run

ANNOUNCED = "rule.announced"
AHEAD = timedelta(hours=24)
PICTURES = 24


def tend(now: datetime) -> None:
    """One idempotent step; several workers may take it at once."""
    stop_left_alone(now=now)
    # First what is due: what a run's own moment brings is announced for the next one.
    for rule in Rule.objects.due(now=now).select_related("owner", "view").order_by("next_at", "pk"):
        begin(rule, now=now)
    for rule in _to_announce(now=now):
        announce(rule, now=now)
    jobs.wake_stuck(now=now)


def stop_left_alone(*, now: datetime) -> None:
    """Their owner's account is closed. Whether one may still delete is looked at when a rule runs."""
    alone = Rule.objects.active().filter(Q(owner=None) | Q(owner__is_active=False))
    for rule in alone.order_by("pk"):
        running.stop(rule, why=standing.ACCOUNT_CLOSED, now=now)


def begin(rule: Rule, *, now: datetime) -> Run | None:
    """A due run. None if another worker has begun it, or nobody answers for the rule any more."""
    if why := standing.obstacle(rule):
        running.stop(rule, why=why, now=now)
        return None
    due_at = rule.next_at or now
    with transaction.atomic():
        here = Rule.objects.due(now=now).filter(pk=rule.pk, next_at=due_at)
        # What was missed while no worker ran is made up for by one run.
        if not here.update(next_at=running.next_run(rule, after=now)):
            return None
        run, _ = Run.objects.get_or_create(rule=rule, due_at=due_at, defaults={"state": Run.State.DRAFTING})
        begun = {"state": Run.State.DRAFTING, "started_at": now, "moved_at": now, "query": rule.query}
        Run.objects.filter(pk=run.pk).update(**begun)
        jobs.go_on.enqueue(str(run.uuid))
    return run


def _to_announce(*, now: datetime) -> list[Rule]:
    soon = Rule.objects.active().filter(by_itself=True, next_at__gt=now, next_at__lte=now + AHEAD)
    announced = {*Run.objects.filter(rule__in=soon, due_at__gt=now).values_list("rule", "due_at")}
    # What a run under way is about to confirm is not there for the next one.
    busy = Run.objects.filter(state=Run.State.DRAFTING).values("rule")
    rules = soon.exclude(pk__in=busy).select_related("owner", "view").order_by("pk")
    return [rule for rule in rules if (rule.pk, rule.next_at) not in announced]


def announce(rule: Rule, *, now: datetime) -> None:
    """Tells what a run that may confirm by itself will delete, as far as that is known a day before."""
    if why := standing.obstacle(rule):
        running.stop(rule, why=why, now=now)
        return
    running.heed_view(rule, now=now)
    if not consents.has_earned(rule):
        return
    tasks = standing.deletable_at(rule, rule.next_at or now)
    about: dict[str, Any] = {"due_at": rule.next_at, "state": Run.State.ANNOUNCED, "query": rule.query}
    about |= {"announced_at": now, "announced": (number := tasks.count())}
    about["pictures"] = list(tasks.order_by("-pk").values_list("pk", flat=True)[:PICTURES])
    try:
        with transaction.atomic():
            run = Run.objects.create(rule=rule, **about)
            told = {"due_at": run.due_at.isoformat(), "tasks": number}
            chain.append(actor="", action=ANNOUNCED, subject=str(rule.uuid), detail=told)
    except IntegrityError:
        # Another worker has done it.
        return
