from __future__ import annotations

from django.db import models


class AuditHead(models.Model):
    """The end of the chain: one row, which each append locks."""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash}"


class AuditEvent(models.Model):
    """One human act or one provider call. Append-only: triggers refuse every change (`database/append_only.py`)."""

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150, blank=True)
    """A copy, never a foreign key. Empty if the product itself acted."""
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=60)
    """A dotted verb: `deletion.confirmed`, `call.delete`."""
    subject = models.CharField(max_length=300, blank=True)
    """The object of the action: a deletion's uuid, a task's `kind/task_id`, a person's name."""
    detail = models.JSONField(default=dict)
    commitments = models.JSONField(default=dict)
    """Salted hashes of the personal values, by field: the chain covers these instead of the values."""
    salts = models.JSONField(default=dict)
    """By field. A field whose salt is gone was erased, and can't be proven any more."""
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["action", "-sequence"], name="audit_by_action"),
            models.Index(fields=["actor", "-sequence"], name="audit_by_actor"),
            models.Index(fields=["subject", "-sequence"], name="audit_by_subject"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"
