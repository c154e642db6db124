"""Which look-ups workers may make besides those of deletions; `models` offers these beside its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from dashboard.register.models.selections import Selection

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class RefreshMinute(models.Model):
    """The minute whose calls are being spent, by all workers together. There is one row."""

    begun_at = models.DateTimeField(null=True)
    calls = models.PositiveIntegerField(default=0)
    """How many were spent since then."""

    def __str__(self) -> str:
        return f"{self.calls} since {self.begun_at}"


class LookUp(models.Model):
    """What one person asked for by *Look up now*: a frozen set of tasks, each looked up once.

    under way → finished
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user: models.ForeignKey[User] = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    selection: models.ForeignKey[Selection | None] = models.ForeignKey(
        Selection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """A copy of what was selected; gone when all of it was looked up."""
    tasks = models.PositiveIntegerField()
    requested_at = models.DateTimeField()
    moved_at = models.DateTimeField(null=True)
    """When a worker was last at it; if it stands still, another goes on."""
    finished_at = models.DateTimeField(null=True)
    looked_up = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    """How many of those TensorsLab no longer has."""
    stopped = models.TextField(blank=True)
    """Why it ended early, as a sentence for people; empty if it did not."""

    class Meta:
        indexes = [
            models.Index(fields=["requested_at"], name="look_up_under_way", condition=Q(finished_at__isnull=True)),
            models.Index(fields=["user", "requested_at"], name="look_up_latest"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def unanswered(self) -> int:
        return self.tasks - self.looked_up

    @property
    def percent(self) -> int:
        return 100 * self.looked_up // self.tasks

    @property
    def result(self) -> str:
        return f"{self.looked_up:,} looked up, {self.missing:,} missing, {self.unanswered:,} without an answer."
