"""What people have selected; `models` offers these beside its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Selection(models.Model):
    """What one person has selected, over pages and filters. Its uuid travels in the URL, the same until it is deleted.

    open ⇄ cleared;  open ⇄ aside
    """

    class Role(models.TextChoices):
        OPEN = "open"
        CLEARED = "cleared"
        """Taken away by its owner, who may bring it back."""
        ASIDE = "aside"
        """What an open one held before the last large change; `before` leads to it."""
        DRAFT = "draft"
        """A copy that a job freezes, and no page knows."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user: models.ForeignKey[User] = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=7, choices=Role, default=Role.OPEN)
    before: models.ForeignKey[Selection | None] = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    count = models.PositiveIntegerField(default=0)
    """How many tasks it holds."""
    excluded = models.PositiveIntegerField(default=0)
    """How many were in it by a press for many, and then unticked."""
    starred_out = models.PositiveIntegerField(default=0)
    """How many starred tasks the last press for all that match left out."""
    revision = models.PositiveIntegerField(default=0)
    """Another with every change."""
    filter = models.CharField(max_length=2000, null=True)
    """When all of it came by one press of “Select all matching”: the filter, as the person's address had it."""
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(default=timezone.now)

    moved = False
    """Whether it was changed since it was read."""

    class Meta:
        indexes = [models.Index(fields=["user", "role", "changed_at"], name="selection_latest")]

    def __str__(self) -> str:
        return str(self.uuid)


class SelectionBlock(models.Model):
    """Sixty numbers of tasks, one bit each (`database/marks.py`): a million tasks are 17,000 rows at most."""

    # The unique constraint's index begins with the selection. PostgreSQL would look it up for each of 17,000 rows.
    selection = models.ForeignKey(
        Selection, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="blocks"
    )
    block = models.BigIntegerField()
    bits = models.BigIntegerField()
    """What is selected."""
    pressed = models.BigIntegerField()
    """What came by a press for many. Where it is not selected any more, somebody unticked it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["selection", "block"], name="selection_block_once")]

    def __str__(self) -> str:
        return f"{self.selection_id} {self.block}"


class SelectionPress(models.Model):
    """A press for all that matched a filter. It tells what came later and is not in the selection."""

    class Verb(models.TextChoices):
        ADD = "add"
        REMOVE = "remove"

    selection = models.ForeignKey(Selection, on_delete=models.CASCADE, related_name="presses")
    verb = models.CharField(max_length=6, choices=Verb)
    meaning = models.CharField(max_length=2000, blank=True)
    """The filter with moments in place of days and ages: what it means, whatever the zone and the day are by now."""
    by_task_id = models.BooleanField(default=False)
    """How `q` was read then: as task ids, or as words. Later imports don't change that."""
    through = models.BigIntegerField(default=0)
    """The highest number of a task then."""

    def __str__(self) -> str:
        return f"{self.verb} {self.meaning}"
