from __future__ import annotations

from django.db import models
from django.db.models import Q


class Totals(models.Model):
    """The register counted as a whole, at one moment: its only row. A worker counts anew (`register/totals.py`)."""

    begun_at = models.DateTimeField(null=True)
    """When the last count began, finished or not."""
    counted_at = models.DateTimeField(null=True)
    """Of what moment the groups tell."""
    seconds = models.FloatField(default=0)
    """What that took."""
    groups = models.JSONField(default=list)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="totals_once")]

    def __str__(self) -> str:
        return f"counted {self.counted_at}"
