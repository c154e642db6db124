"""The closing entry: the audit log is told the results of a deletion after its end.

Without it a person who can write to the database could change a result, and nothing would contradict that. After each
inspection, which brings new evidence, and after *Check unknown* another closing entry follows. Each has the root of the
certificate that follows from it (`certificates/issuing.py`).
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Sum

from dashboard.audit import chain
from dashboard.deletions.certificates import reading
from dashboard.deletions.certificates.tree import Growing
from dashboard.deletions.models import Certificate, Deletion, DeletionQuerySet, Inspection, State

logger = logging.getLogger(__name__)

CLOSED = "deletion.closed"
AT_ONCE = 400_000
"""Items that one tick reads, in about a second."""
ENTRY = 2000
"""The cost of writing an entry, in items."""


class Closer:
    """Closes ended deletions, a part at each tick, so that a deletion of millions blocks nothing."""

    def __init__(self) -> None:
        self.reading: Reading | None = None
        self.last = 0
        """The last deletion that it began to read; 0 to start from the first one again."""

    def tick(self, *, now: datetime) -> None:
        left = AT_ONCE
        while left > 0 and self._has_one():
            left -= self._go_on(now=now)

    def _has_one(self) -> bool:
        if self.reading is None:
            deletion = ended().filter(pk__gt=self.last).order_by("pk").first()
            self.last = deletion.pk if deletion else 0
            self.reading = Reading(deletion) if deletion else None
        return self.reading is not None

    def _go_on(self, *, now: datetime) -> int:
        """Reads or closes; returns the cost in items."""
        # After an error the deletion is read again from its beginning, after the others.
        reading, self.reading = self.reading, None
        if reading is None:
            return 0
        if number := reading.go_on():
            self.reading = reading
            return number
        reading.close(now=now)
        return ENTRY


def ended() -> DeletionQuerySet:
    # A deletion that an inspection is correcting would have to be read again.
    being_corrected = Inspection.objects.filter(deletion=OuterRef("pk"), at=None, begun_at__isnull=False, changed__gt=0)
    # Of what was discarded, only what nobody else agreed to has a result.
    over = Deletion.objects.confirmed().filter(state__in=[State.FINISHED, State.CANCELLED, State.DISCARDED])
    ended = over.filter(closed_at=None, waiting=0)
    return ended.exclude(Exists(being_corrected))


class Reading:
    """An ended deletion while it is read. Nothing is locked meanwhile."""

    def __init__(self, deletion: Deletion) -> None:
        self.deletion = deletion
        self.inspected = _inspected(deletion)
        self.blocks = reading.blocks(deletion)
        self.manifest, self.outcomes = hashlib.sha256(), hashlib.sha256()
        self.tree = Growing(secrets.token_bytes(32))

    def go_on(self) -> int:
        """Reads some items and returns their number; 0 when there are no more."""
        some = next(self.blocks, [])
        self.manifest.update(reading.manifest_lines(some))
        self.outcomes.update(reading.outcome_lines(some))
        self.tree.add(reading.keys(some), reading.leaves(some))
        return len(some)

    def close(self, *, now: datetime) -> None:
        """Writes the entry, unless the deletion was reopened or corrected meanwhile: then it is read again later."""
        row = self.deletion
        same = Deletion.objects.filter(pk=row.pk, closed_at=None, state=row.state, finished_at=row.finished_at)
        hashes = {"fingerprint": row.fingerprint, "manifest": self.manifest.hexdigest()}
        certificate = self._certificate()
        told = {"state": row.state, **hashes, "counts": row.counts(), "outcomes": self.outcomes.hexdigest()}
        told |= {"root": certificate.root}
        with transaction.atomic():
            if not same.filter(**row.counts()).select_for_update().exists():
                return
            # Two opposite corrections leave the counts as they were, and so does new evidence.
            if _inspected(row) != self.inspected:
                return
            same.update(closed_at=now)
            # The deletion was opened again before that one was issued.
            row.certificates.filter(issued_at=None).delete()
            certificate.number = (row.certificates.aggregate(last=Max("number"))["last"] or 0) + 1
            certificate.save()
            chain.append(actor="", action=CLOSED, subject=str(row.uuid), detail=told)
        if row.manifest_hash != hashes["manifest"]:
            logger.error(
                "The items of deletion %s are not those that were confirmed. Run verify_audit --reconcile.", row
            )

    def _certificate(self) -> Certificate:
        """The one to be issued: what it needs of the items."""
        root, tree = self.tree.root().hex(), self.tree
        return Certificate(
            deletion=self.deletion, root=root, leaves=tree.leaves, salts=tree.secret, blocks=tree.packed()
        )


def _inspected(deletion: Deletion) -> dict[str, int | None]:
    """How many results inspections have changed, and how many inspections have ended."""
    return deletion.inspections.aggregate(changed=Sum("changed"), ended=Count("at"))
