"""Imports that are checked or under way; `models.py` offers these beside its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User


PASTED = "pasted rows"
"""The source of what is no file, also in the audit log."""


class ImportBatch(models.Model):
    """What **Check** reads: held until **Import** applies exactly that, and where either has come to.

    checking → checked → importing → imported
    """

    class State(models.TextChoices):
        CHECKING = "checking"
        CHECKED = "checked"
        IMPORTING = "importing"
        IMPORTED = "imported"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user: models.ForeignKey[User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL
    )
    """Whose page it is on. What is being imported goes on when that person is deleted."""
    state = models.CharField(max_length=9, choices=State, default=State.CHECKING)
    source = models.CharField(max_length=255)
    """The file's name, or “pasted rows”."""
    kind = models.CharField(max_length=5, blank=True)
    """Of ids that stand alone."""
    zone = models.CharField(max_length=64, default="UTC")
    """Of times that name none."""
    digest = models.CharField(max_length=64)
    """sha256 of what was read."""
    size = models.BigIntegerField(default=0)
    """Bytes; `offset` of them are read."""
    offset = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    """How many are done with, and what all that was read made: there the next reading goes on."""
    within = models.BigIntegerField(default=0)
    """How much of what begins on the next line was made too."""
    entries = models.BigIntegerField(default=0)
    problems = models.JSONField(default=list)
    """The first of them, and of what was cut; `rejected` and `cut` count all."""
    notes = models.JSONField(default=list)
    used = models.JSONField(default=list)
    """Names of columns, in the file's words; `ignored` are the others."""
    ignored = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    """The first rows, for people to read."""
    to_add = models.PositiveIntegerField(default=0)
    to_update = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    cut = models.PositiveIntegerField(default=0)
    """Rows that are taken although a text of theirs is too long."""
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=150, blank=True)
    """Who pressed **Import**, and from where."""
    address = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(default=timezone.now)
    """When it last came on, or a job was last asked to see to it."""
    applied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def importable(self) -> int:
        return self.to_add + self.to_update

    @property
    def more_problems(self) -> int:
        told: int = sum(problem.get("ids", 1) for problem in self.problems)
        return self.rejected + self.cut - told

    @property
    def heading(self) -> str:
        """The file's name, or what it was that was pasted, as far as it is known."""
        if self.source != PASTED:
            return self.source
        if self.used == ["task_id"] or any("ids" in problem for problem in self.problems):
            return "Pasted ids"
        return "Pasted rows" if self.used else "Pasted text"

    @property
    def working(self) -> bool:
        return self.state in {self.State.CHECKING, self.State.IMPORTING}

    @property
    def percent(self) -> int:
        done, of = (self.offset, self.size)
        if self.state == self.State.IMPORTING:
            done, of = self.added + self.updated, self.importable
        return min(100 * done // of, 100) if of else 0


class ImportPiece(models.Model):
    """A part of an import that is not done with, compressed. In the database, where every worker finds it."""

    class Role(models.TextChoices):
        UPLOAD = "upload"
        """Bytes of the file as it came."""
        ROWS = "rows"
        """Good rows, checked and not yet imported."""
        SEEN = "seen"
        """Which tasks those rows name, while the rest of the file is read."""

    # The unique constraint's index begins with the batch.
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, db_index=False, related_name="pieces")
    role = models.CharField(max_length=6, choices=Role)
    number = models.BigIntegerField()
    count = models.PositiveIntegerField(default=0)
    """How many rows."""
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "role", "number"], name="import_piece_once")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.role} {self.number}"
