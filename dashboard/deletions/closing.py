"""The closing entry of a deletion: what its history is, told to the audit log once it has ended.

Without it somebody who can write to the database could change an ending, and nothing would contradict that.
An inspection that changes an ending, or *Check unknown*, is followed by another closing entry.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import islice

from django.db import transaction

from dashboard.audit import chain
from dashboard.deletions.models import Deletion, DeletionItem, State

CLOSED = "deletion.closed"
AT_ONCE = 20
LINES = 5000


def close_ended(*, now: datetime) -> None:
    """Closes some that have ended."""
    ended = Deletion.objects.filter(closed_at=None, waiting=0, state__in=[State.FINISHED, State.CANCELLED])
    for deletion in ended.order_by("pk")[:AT_ONCE]:
        _close(deletion, now=now)


def _close(deletion: Deletion, *, now: datetime) -> None:
    # Reading a million items takes seconds, in which nothing is locked. Should it be opened again, or corrected, in
    # that time, this is tried once more.
    told = {"fingerprint": deletion.fingerprint, "counts": deletion.counts(), "outcomes": outcomes(deletion)}
    same = Deletion.objects.filter(pk=deletion.pk, closed_at=None, finished_at=deletion.finished_at)
    with transaction.atomic():
        if same.filter(**deletion.counts()).update(closed_at=now):
            chain.append(actor="", action=CLOSED, subject=str(deletion.uuid), detail=told)


def outcomes(deletion: Deletion) -> str:
    """sha256 over one line `<kind> <task_id> <outcome>` per item, in the order in which they were frozen."""
    digest = hashlib.sha256()
    rows = DeletionItem.objects.between(deletion, deletion.first_item, deletion.last_item)
    lines = rows.values_list("kind", "task_id", "outcome").iterator(chunk_size=LINES)
    while some := list(islice(lines, LINES)):
        digest.update("".join([f"{kind} {task_id} {outcome}\n" for kind, task_id, outcome in some]).encode())
    return digest.hexdigest()
