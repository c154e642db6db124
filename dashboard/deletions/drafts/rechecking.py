"""Looks once more at a set that was frozen: some of its tasks may have become busy, held or gone since."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from dashboard.deletions.drafts.eligibility import allowed_to, blocked, takers
from dashboard.deletions.drafts.freezing import as_read, seal
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from dashboard.deletions.moves import change_items


def recheck(deletion: Deletion, *, now: datetime) -> bool:
    """Skips tasks that became busy, held or gone since the freezing. True if that changed the set."""
    if not (by_reason := lost_since(deletion)):
        return False
    with transaction.atomic():
        # It can't be confirmed until it is sealed again, and a job seals it if this process dies.
        if not as_read(deletion).filter(freezing_at=None).update(freezing_at=now):
            return True
        for why, pks in by_reason.items():
            change_items(pks, {"outcome": Outcome.SKIPPED, "message": why})
    seal(deletion)
    return True


def lost_since(deletion: Deletion) -> dict[str, list[int]]:
    """The waiting items whose tasks became busy, held or gone since the freezing, by the reason."""
    return lost_among(deletion, deletion.items.filter(outcome=Outcome.WAITING))


def lost_among(deletion: Deletion, items: QuerySet[DeletionItem]) -> dict[str, list[int]]:
    """Those of its items that can't be in it now, by the reason."""
    others, allowed = takers(besides=deletion.actor, since=deletion.created_at), allowed_to(deletion.actor)
    why = blocked("tracked__", others=others, allowed=allowed, despite=deletion.uuid)
    by_reason: dict[str, list[int]] = {}
    for pk, reason in items.annotate(why=why).exclude(why="").values_list("pk", "why").iterator(chunk_size=5000):
        by_reason.setdefault(reason, []).append(pk)
    return by_reason
