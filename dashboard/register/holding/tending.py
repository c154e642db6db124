"""What time does to holds: they end, rules are applied again, and the log is told what rules took in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from dashboard.audit import chain
from dashboard.register.holding import jobs, releasing, rules
from dashboard.register.models import Hold

TOOK_IN = "hold.took_in"


def tend(*, now: datetime) -> None:
    """One idempotent step; several workers may take it at once."""
    for hold in Hold.objects.in_force().filter(until__lt=now, moved_at=None).order_by("pk"):
        releasing.end(hold, now=now)
    rules.keep_up(now=now)
    jobs.wake_stuck(now=now)
    _tell_what_came_in()


def _tell_what_came_in() -> None:
    """An import may be many transactions: the log gets one entry for what a rule took in meanwhile."""
    for hold in Hold.objects.filter(told__lt=F("placed"), moved_at=None).in_force().order_by("pk"):
        with transaction.atomic():
            here = Hold.objects.filter(pk=hold.pk, told=hold.told)
            if here.update(told=hold.placed):
                detail = {"tasks": hold.placed - hold.told, "in_all": hold.placed}
                chain.append(actor="", action=TOOK_IN, subject=str(hold.uuid), detail=detail)
