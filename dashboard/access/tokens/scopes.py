from __future__ import annotations

from django.db import models


class Scope(models.TextChoices):
    """What a token may be used for, where its person may do that."""

    READ = "read", "read: tasks and deletions"
    INGEST = "ingest", "ingest: add and update tasks"
    DELETE = "delete", "delete: ask for deletions, confirm and control them"
