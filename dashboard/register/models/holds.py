"""Holds: what protects tasks from deletion, who put it there, when and why; `models` offers these beside its own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from dashboard.register.models.selections import Selection
from dashboard.register.models.tasks import TrackedTask

LONGEST_REASON = 500


class HoldQuerySet(models.QuerySet["Hold"]):
    def in_force(self) -> Self:
        """Something lies under them, or may come to."""
        return self.filter(ended_at=None)

    def rules(self) -> Self:
        """Rules that take in what matches."""
        return self.filter(filter__isnull=False, stopped_at=None, ended_at=None)

    def behind(self, *, now: datetime) -> Self:
        """Rules that were not applied to all that matches by now: until they are, nothing is sent."""
        return self.rules().filter(due_at__lte=now)


class Hold(models.Model):
    """What one person put on hold by one press, or a rule that holds what matches a filter.

    being placed → in force → ended. A rule may be stopped before that: it keeps what it holds, and takes in no more.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    """Empty only after that person was erased."""
    placed_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """The last moment; by itself it ends after that."""
    placed = models.PositiveIntegerField(default=0)
    """How many tasks ever came under it, and how many are still."""
    count = models.PositiveIntegerField(default=0)
    told = models.PositiveIntegerField(default=0)
    """Of how many that came under it the audit log was told."""
    made_of = models.UUIDField(null=True, unique=True)
    """The frozen selection: it is placed once, however often somebody presses."""
    selection: models.ForeignKey[Selection | None] = models.ForeignKey(
        Selection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The same, until all of it is placed."""
    expected = models.PositiveIntegerField(default=0)
    through = models.BigIntegerField(default=0)
    """While it is being placed: up to which number of a task."""
    moved_at = models.DateTimeField(null=True)
    """When it last made progress, or a job was last asked for; None when all is placed."""
    filter = models.CharField(max_length=2000, null=True)
    """Of a rule: its filter, with moments in place of days. Ages stay: they go with the time."""
    by_task_id = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True)
    """Of a rule: from then on nothing is sent, until it was applied again. None when only new tasks can match."""
    looked_at = models.DateTimeField(null=True)
    """Of a rule with ages: the moment for which it was applied last."""
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, blank=True)
    stopped_reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    ended_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="hold_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["id"], name="hold_in_force", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    def get_absolute_url(self) -> str:
        return reverse("hold-detail", args=[self.uuid])

    @property
    def is_rule(self) -> bool:
        return self.filter is not None

    @property
    def takes_in(self) -> bool:
        """Whether it is a rule that holds what comes."""
        return self.is_rule and self.stopped_at is None and self.ended_at is None

    @property
    def is_being_placed(self) -> bool:
        return self.moved_at is not None


class HoldRelease(models.Model):
    """What one press, or time, took from under holds: all of one, or of some tasks.

    under way → done
    """

    class Cause(models.TextChoices):
        PERSON = "person"
        UNTIL = "until"
        """The hold's own end has come."""
        AGE = "age"
        """They are too old by now for the rule that held them."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cause = models.CharField(max_length=6, choices=Cause, default=Cause.PERSON)
    by = models.CharField(max_length=150, blank=True)
    """Empty where no person asked."""
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    released_at = models.DateTimeField()
    hold: models.ForeignKey[Hold | None] = models.ForeignKey(
        Hold, null=True, on_delete=models.CASCADE, related_name="releases"
    )
    """Where all of one hold is released."""
    holds = models.JSONField(default=list)
    """Numbers of the holds that some tasks are released from; empty for all of them."""
    made_of = models.UUIDField(null=True, unique=True)
    selection: models.ForeignKey[Selection | None] = models.ForeignKey(
        Selection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    released = models.PositiveIntegerField(default=0)
    """How many times a task was taken from under a hold."""
    through = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["moved_at"], name="release_under_way", condition=Q(moved_at__isnull=False))]

    def __str__(self) -> str:
        return str(self.uuid)


class HeldTask(models.Model):
    """That a task is under a hold, or was. What the register shows of it (`held_by`) follows from these rows."""

    # The unique constraint's index begins with the task, the other one with the hold.
    task = models.ForeignKey(TrackedTask, on_delete=models.CASCADE, db_index=False, related_name="holds")
    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, db_index=False, related_name="tasks")
    held_at = models.DateTimeField()
    release: models.ForeignKey[HoldRelease | None] = models.ForeignKey(
        HoldRelease, null=True, on_delete=models.CASCADE, db_index=False, related_name="tasks"
    )
    """What took it away; None while it is held."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "hold"], name="held_once_by_each")]
        indexes = [models.Index(fields=["hold", "task"], name="held_now", condition=Q(release=None))]

    def __str__(self) -> str:
        return f"{self.task_id} under {self.hold_id}"
