"""The tender of each worker: it cleans up after dead workers, and wakes a shift when something is due.

It is one idempotent step, taken at the worker's start and every second or so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection
from django_tasks_db.models import DBTaskResult

from dashboard.access import lifetimes
from dashboard.access.tokens import again
from dashboard.audit import anchors
from dashboard.calls import clock, recording, sending, slots
from dashboard.calls.models import ProviderCall, Worker
from dashboard.calls.verdicts import Unanswered, judge_delete, judge_look_up
from dashboard.deletions.certificates import issuing
from dashboard.deletions.dispatch import agenda, closing, expiring, jobs, next_call, restoring
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.drafts import freezing
from dashboard.deletions.evidence import inspecting
from dashboard.deletions.forgetting import jobs as forgetting
from dashboard.media import jobs as pictures
from dashboard.register import totals
from dashboard.register.holding import tending

logger = logging.getLogger(__name__)

EVERY = 1.0
PRUNED_AFTER = timedelta(days=1)
CLEARED = 10
"""Steps of clearing old drafts in one tick."""
besides: list[Callable[[datetime], None]] = []
"""What rooms above have tended every ten seconds: they add it when they are loaded."""
WORKER_DIED = "The worker died in mid-call. No answer was seen."


class Tender:
    """Remembers the last tick, since a lease counts as lost only if two ticks found it expired."""

    def __init__(self, name: str, clock: Callable[[], datetime] = clock.now) -> None:
        self.name = name
        self.clock = clock
        self.calls, self.slots = slots.Watch(), slots.Watch()
        self.anchor = anchors.Publisher()
        self.closer = closing.Closer()
        self.ticks = 0

    def tick(self) -> None:
        now = self.clock()
        if settings.READ_ONLY:
            self._only_report(now=now)
            return
        if self.ticks % 5 == 0:
            restoring.notice(now=now)
            self._beat(now=now)
        if self.ticks % 30 == 0:
            agenda.unstrand(now=now)
        if self.ticks % 10 == 0:
            jobs.wake_stuck_freezing(now=now)
            inspecting.end_idle(now=now)
            expiring.expire(now=now)
            for tend_too in besides:
                tend_too(now)
            self.anchor.heed(now=now)
        if self.ticks % 5 == 0:
            tending.tend(now=now)
            forgetting.wake_stuck(now=now)
        if self.ticks % 600 == 0:
            _prune(now=now)
        self.ticks += 1
        self._close_lost(now=now)
        # Whatever that small question overlooks waits for the next whole look.
        if self.ticks % 10 == 1 or not agenda.at_rest():
            self._look(now=now)
        # This comes last, so that nothing important waits for it.
        if self.ticks % 10 == 1:
            freezing.clear_discarded(now=now, steps=CLEARED)
        pictures.wake_due(now=now)
        if self.ticks % 10 == 2:
            totals.keep_up(now=now)

    def _look(self, *, now: datetime) -> None:
        """At what deletions need: a pause or its end, a shift, a closing entry, a certificate."""
        agenda.heed_account(now=now)
        # While all slots are in use, a shift is at work already.
        if slots.any_free() and agenda.is_due(by=now, now=now):
            jobs.wake(now)
        self.closer.tick(now=now)
        issuing.issue_due(now=now)

    def _only_report(self, *, now: datetime) -> None:
        """That a worker is there, and the head of the log, which grows when people sign in."""
        if self.ticks % 5 == 0:
            self._beat(now=now)
        if self.ticks % 10 == 0:
            self.anchor.heed(now=now)
        self.ticks += 1

    def _beat(self, *, now: datetime) -> None:
        Worker.objects.update_or_create(
            name=self.name, defaults={"beat_at": now}, create_defaults={"beat_at": now, "started_at": now}
        )

    def _close_lost(self, *, now: datetime) -> None:
        at = time.monotonic()
        for lease in self.calls.lost(slots.in_hand(), at=at):
            close_lost(lease, now=now)
        for lease in self.slots.lost(slots.taken(), at=at):
            slots.free_lost(lease)


def _prune(*, now: datetime) -> None:
    # A job whose worker was killed stays RUNNING for ever; its results are in the rows, not in the queue.
    DBTaskResult.objects.exclude(status="READY").filter(enqueued_at__lt=now - PRUNED_AFTER).delete()
    Worker.objects.filter(beat_at__lt=now - PRUNED_AFTER).delete()
    lifetimes.forget_expired()
    again.forget_old(now=now)


def close_lost(lease: slots.Lease, *, now: datetime) -> None:
    """Ends a call whose lease is lost. If it left, it may or may not have been carried out."""
    call = ProviderCall.objects.filter(pk=lease.of, lease_until=lease.until).first()
    if call is None:
        return
    if call.state == ProviderCall.State.READY:
        next_call.release(call.pk)
        return
    deletes = call.operation == ProviderCall.Operation.DELETE
    error = Unanswered(WORKER_DIED)
    verdict = judge_delete(error) if deletes else judge_look_up(error)
    if call.deletion is not None:
        settle(call.pk, verdict, now=now)
        return
    alone = recording.Call(call.pk, call.operation, call.kind, call.purpose, None, (), call.sent_at)
    sending.settle_alone(alone, verdict, answered_at=now)


def tend(tender: Tender, stop: threading.Event) -> None:
    """Ticks until told to stop, and goes on after errors."""
    while not stop.is_set():
        close_old_connections()
        try:
            tender.tick()
        except OperationalError:
            logger.warning("The database did not answer; tending again in %s s.", EVERY, exc_info=settings.DEBUG)
        # If this thread died, no other would notice failures any more.
        except Exception:
            logger.exception("Tending failed; again in %s s.", EVERY)
        stop.wait(EVERY)
    connection.close()
