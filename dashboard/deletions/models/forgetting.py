from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from dashboard.register.models import Selection


class Forgetting(models.Model):
    """What one person had forgotten by one press: words of tasks are erased, here and for good, and it is certified.

    marking → erasing → imports → reasons → done
    """

    class Phase(models.TextChoices):
        MARKING = "marking"
        """Each task gets a mark, which imports and look-ups heed."""
        ERASING = "erasing"
        IMPORTS = "imports"
        REASONS = "reasons"
        """Of holds and deletions of nothing but forgotten tasks."""
        DONE = "done"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    """Empty only after that person was erased."""
    asked_at = models.DateTimeField()
    made_of = models.UUIDField(unique=True)
    """The frozen selection: it is done once, however often somebody presses."""
    selection: models.ForeignKey[Selection | None] = models.ForeignKey(
        Selection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The same, until all of it is marked."""
    tasks = models.PositiveIntegerField()
    phase = models.CharField(max_length=7, choices=Phase, default=Phase.MARKING)
    through = models.BigIntegerField(default=0)
    """Up to which number this phase has come."""
    moved_at = models.DateTimeField(null=True)
    """When it last made progress, or a job was last asked for; None when all is done."""
    erased = models.JSONField(default=dict)
    """How many of each kind."""
    finished_at = models.DateTimeField(null=True)
    signed = models.TextField(blank=True)
    """The certificate's text that is signed."""
    signature = models.CharField(max_length=128, blank=True)

    class Meta:
        indexes = [models.Index(fields=["moved_at"], name="forgetting_under_way", condition=Q(moved_at__isnull=False))]

    def __str__(self) -> str:
        return str(self.uuid)

    def get_absolute_url(self) -> str:
        return reverse("forgetting-page", args=[self.uuid])

    @property
    def code(self) -> str:
        return str(self.uuid)[:8]

    @property
    def is_done(self) -> bool:
        return self.phase == self.Phase.DONE
