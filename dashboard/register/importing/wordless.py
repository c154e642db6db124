"""Takes words of forgotten tasks from imports that were checked, and are not imported yet."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from dashboard.register.importing import pieces
from dashboard.register.importing.pieces import ROLE
from dashboard.register.importing.storing import forgotten, without_words
from dashboard.register.models import ImportBatch, ImportPiece, TrackedTask

SHOWN = ("prompt", "details")
"""Where a sample shows words: details hold the error."""


def take_from_piece(*, after: int) -> int | None:
    """Of the next piece of rows. Its number; None if there is none."""
    piece = ImportPiece.objects.filter(role=ROLE.ROWS, pk__gt=after).order_by("pk").first()
    if piece is None:
        return None
    rows = pieces.content(piece).decode()
    if tasks := forgotten(rows):
        pieces.replace(piece, without_words(rows, tasks).encode())
    return piece.pk


def take_from_samples() -> None:
    """Of what checks showed of forgotten tasks. There are few batches, and each shows ten rows."""
    for pk in ImportBatch.objects.exclude(sample=[]).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            batch = ImportBatch.objects.select_for_update().filter(pk=pk).first()
            if batch is None:
                continue
            ids = Q(*(Q(kind=row["kind"], task_id=row["task_id"]) for row in batch.sample), _connector=Q.OR)
            tasks = set(TrackedTask.objects.filter(ids, forgettings__isnull=False).values_list("kind", "task_id"))
            for row in batch.sample:
                if (row["kind"], row["task_id"]) in tasks:
                    row.update(dict.fromkeys(SHOWN, ""))
            if tasks:
                batch.save(update_fields=["sample"])
