from __future__ import annotations

from django.db import models


class Role(models.Model):
    """No table: only the permissions that the two groups, viewer and operator, are made of."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("look", "Can look at tasks, deletions and the audit log"),
            ("delete_tasks", "Can delete tasks"),
            ("import_tasks", "Can import tasks"),
        ]

    def __str__(self) -> str:
        return "role"


class SignInAttempt(models.Model):
    """A password that was tried: counted by `throttle`, and forgotten after its time."""

    name = models.CharField(max_length=40)
    """A keyed hash of the name."""
    network = models.CharField(max_length=50, blank=True)
    at = models.DateTimeField()
    succeeded = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["network", "at"], name="attempt_by_network"),
            models.Index(fields=["name", "at"], name="attempt_by_name"),
            models.Index(fields=["at"], name="attempt_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.network} at {self.at}"
