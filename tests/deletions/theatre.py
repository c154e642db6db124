"""A deletion played against a provider that misbehaves, in time that is told and not waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.calls.models import ProviderCall
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import GONE, Deletion, DeletionItem, State
from dashboard.register.models import TrackedTask
from tensorslab_api.sandbox import Sandbox
from tests.registered import committed

STEPS = 3000
"""More than any play needs."""


@dataclass(kw_only=True)
class Theatre:
    """`with playing() as theatre:` time passes at the provider and here alike, as far as the next thing that is due."""

    passed: float = 0.0
    """Seconds that were skipped."""
    sandbox: Sandbox = field(init=False)

    def now(self) -> datetime:
        return timezone.now() + timedelta(seconds=self.passed)

    def epoch(self) -> float:
        return time.time() + self.passed

    def confirm(self, tasks: list[TrackedTask], *, by: actions.By) -> Deletion:
        wanted = TrackedTask.objects.filter(pk__in=[task.pk for task in tasks])
        deletion = freezing.freeze_tasks(tasks=wanted, actor=by.user, now=self.now())
        actions.confirm(deletion=deletion, by=by, reason="Spring", typed=str(deletion.size), now=self.now())
        deletion.refresh_from_db()
        return deletion

    def shift(self) -> None:
        Shift(length=0.5, clock=self.now).run()

    def play(self, deletion: Deletion, *, until: float = 3600.0, stay: bool = False) -> Deletion:
        """Lets workers work until it ends, or so many seconds have passed. With `stay` a pause does not end it."""
        end = self.passed + until
        for _ in range(STEPS):
            self.shift()
            deletion.refresh_from_db()
            ended = deletion.state not in {State.SCHEDULED, State.RUNNING, State.PAUSED}
            due = agenda.next_due(now=self.now())
            if ended or self.passed >= end or due is None or (deletion.state == State.PAUSED and not stay):
                return deletion
            self.skip_to(min(due, self.now() + timedelta(seconds=end - self.passed)))
        raise AssertionError(f"It never ended: {deletion.state} {deletion.counts()}")

    def skip_to(self, moment: datetime) -> None:
        self.passed += max(0.0, (moment - self.now()).total_seconds()) + 0.001

    def skip(self, seconds: float) -> None:
        self.passed += seconds

    def inspect(self, deletion: Deletion) -> Deletion:
        """Lets all inspections of it happen."""
        for _ in range(STEPS):
            self.shift()
            if not deletion.inspections.filter(at=None).exists():
                break
            due = agenda.next_due(now=self.now())
            assert due is not None
            self.skip_to(due)
        deletion.refresh_from_db()
        return deletion

    def lies(self, deletion: Deletion) -> list[str]:
        """What was called seen, and was not so at that moment."""
        return [
            f"{item.task_id}: {item.ending}"
            for item in seen(deletion)
            if self.sandbox.gone_at(item.kind, item.task_id, item.seen_at.timestamp()) != (item.outcome in GONE)
        ]

    def wrong(self, deletion: Deletion) -> list[str]:
        """What is called seen, and is not so now."""
        return [
            f"{item.task_id}: {item.ending}"
            for item in seen(deletion)
            if self.sandbox.gone_at(item.kind, item.task_id, self.epoch()) != (item.outcome in GONE)
        ]


def seen(deletion: Deletion) -> QuerySet[DeletionItem]:
    return deletion.items.filter(evidence="seen").order_by("pk")


def calls(*purposes: str) -> int:
    """How many calls were made for these purposes; for any when none is named."""
    made = ProviderCall.objects.left()
    return made.filter(purpose__in=purposes).count() if purposes else made.count()


def playing() -> Iterator[Theatre]:
    theatre = Theatre()
    with committed() as known, Sandbox(known=known, clock=theatre.epoch) as sandbox:
        theatre.sandbox = sandbox
        settings.TENSORSLAB_API_URL = sandbox.url
        yield theatre
