"""What a watched folder had when it was last read."""

from __future__ import annotations

from django.db import models


class WatchedFile(models.Model):
    """One file that was imported. Only hashes are kept, because paths may name people."""

    place = models.CharField(max_length=32)
    """Of the machine and its watched folder."""
    name = models.CharField(max_length=32)
    """Of the path in that folder."""
    stamp = models.CharField(max_length=80)
    """The time, size and number of the file that was read."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="watched_file_once_a_place")]

    def __str__(self) -> str:
        return self.name
