"""The closing entry of a deletion: what its history is, told to the audit log once it has ended.

Without it somebody who can write to the database could change an ending, and nothing would contradict that.
An inspection that changes an ending, or *Check unknown*, is followed by another closing entry.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from dashboard.audit import chain
from dashboard.deletions.drafts.fingerprint import as_ended, as_frozen, lines
from dashboard.deletions.models import Deletion, DeletionQuerySet, Inspection, State

logger = logging.getLogger(__name__)

CLOSED = "deletion.closed"
AT_ONCE = 400_000
"""Items that one tick reads, in about a second."""
ENTRY = 2000
"""As many items as an entry is worth: what it costs to write one."""


class Closer:
    """Closes what has ended, some of it a tick. A deletion of millions is read over several: nothing waits for it."""

    def __init__(self) -> None:
        self.reading: Reading | None = None
        self.last = 0
        """The last deletion that it began to read; 0 when it begins anew."""

    def tick(self, *, now: datetime) -> None:
        left = AT_ONCE
        while left > 0 and self._has_one():
            left -= self._go_on(now=now)

    def _has_one(self) -> bool:
        if self.reading is None:
            deletion = _ended().filter(pk__gt=self.last).order_by("pk").first()
            self.last = deletion.pk if deletion else 0
            self.reading = Reading(deletion) if deletion else None
        return self.reading is not None

    def _go_on(self, *, now: datetime) -> int:
        """What it cost, in items."""
        # What fails in the middle is read anew, from its beginning; and others come first.
        reading, self.reading = self.reading, None
        if reading is None:
            return 0
        if number := reading.go_on():
            self.reading = reading
            return number
        reading.close(now=now)
        return ENTRY


def _ended() -> DeletionQuerySet:
    # While an inspection corrects it, it would only be read in vain.
    being_corrected = Inspection.objects.filter(deletion=OuterRef("pk"), at=None, begun_at__isnull=False, changed__gt=0)
    ended = Deletion.objects.filter(closed_at=None, waiting=0, state__in=[State.FINISHED, State.CANCELLED])
    return ended.exclude(Exists(being_corrected))


class Reading:
    """One deletion that has ended, and is being read. Nothing is locked meanwhile."""

    def __init__(self, deletion: Deletion) -> None:
        self.deletion = deletion
        self.corrections = _corrections(deletion)
        self.lines = lines(deletion)
        self.manifest, self.outcomes = hashlib.sha256(), hashlib.sha256()

    def go_on(self) -> int:
        """How many items it has read; 0 when there are no more."""
        some = next(self.lines, [])
        self.manifest.update(as_frozen(some))
        self.outcomes.update(as_ended(some))
        return len(some)

    def close(self, *, now: datetime) -> None:
        """Unless it was opened again, or corrected, since it was begun: then it is read once more in its turn."""
        row = self.deletion
        same = Deletion.objects.filter(pk=row.pk, closed_at=None, state=row.state, finished_at=row.finished_at)
        hashes = {"fingerprint": row.fingerprint, "manifest": self.manifest.hexdigest()}
        told = {"state": row.state, **hashes, "counts": row.counts(), "outcomes": self.outcomes.hexdigest()}
        with transaction.atomic():
            if not same.filter(**row.counts()).select_for_update().exists():
                return
            # Two that are opposite leave the counts as they were.
            if _corrections(row) != self.corrections:
                return
            same.update(closed_at=now)
            chain.append(actor="", action=CLOSED, subject=str(row.uuid), detail=told)
        if row.manifest_hash != hashes["manifest"]:
            logger.error(
                "The items of deletion %s are not those that were confirmed. Run verify_audit --reconcile.", row
            )


def _corrections(deletion: Deletion) -> int:
    """How many endings inspections have changed."""
    number: int | None = deletion.inspections.aggregate(number=Sum("changed"))["number"]
    return number or 0
