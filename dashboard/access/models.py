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
