"""Imports that are checked or under way."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User


PASTED = "pasted rows"
"""The source of pasted text, also in the audit log."""


class ImportBatch(models.Model):
    """A file that **Check** has read, and that **Import** applies unchanged, with the progress of both.

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
    """The person whose page shows it. An import under way goes on if that person is deleted."""
    state = models.CharField(max_length=9, choices=State, default=State.CHECKING)
    source = models.CharField(max_length=255)
    """The file's name, or “pasted rows”."""
    kind = models.CharField(max_length=5, blank=True)
    """The kind of ids without one."""
    zone = models.CharField(max_length=64, default="UTC")
    """The zone of times without one."""
    digest = models.CharField(max_length=64)
    """sha256 of the file."""
    size = models.BigIntegerField(default=0)
    """Bytes; `offset` of them are read."""
    offset = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    """Lines of which all entries are done: the next reading goes on there."""
    within = models.BigIntegerField(default=0)
    """How many entries that begin on the next line are done."""
    entries = models.BigIntegerField(default=0)
    problems = models.JSONField(default=list)
    """The first problems and remarks; `rejected` and `cut` count all."""
    notes = models.JSONField(default=list)
    used = models.JSONField(default=list)
    """Names of columns as the file has them; `ignored` has the others."""
    ignored = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    """The first rows, for people to read."""
    to_add = models.PositiveIntegerField(default=0)
    to_update = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    cut = models.PositiveIntegerField(default=0)
    """Rows that are imported with a text cut."""
    wordless = models.PositiveIntegerField(default=0)
    """Rows of forgotten tasks, whose words are left out."""
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=150, blank=True)
    """The person who pressed **Import**, and their address."""
    address = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(default=timezone.now)
    """When it last made progress, or a job was last requested."""
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
        """The file's name, or what kind of text was pasted, if that is known."""
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
    """A compressed part of an unfinished import, in the database, so that every worker finds it."""

    class Role(models.TextChoices):
        UPLOAD = "upload"
        """Bytes of the file as it came."""
        ROWS = "rows"
        """Good rows, checked and not yet imported."""
        SEEN = "seen"
        """The tasks of those rows, while the rest of the file is read."""

    # The unique constraint's index begins with the batch.
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, db_index=False, related_name="pieces")
    role = models.CharField(max_length=6, choices=Role)
    number = models.BigIntegerField()
    count = models.PositiveIntegerField(default=0)
    """Number of rows."""
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "role", "number"], name="import_piece_once")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.role} {self.number}"
