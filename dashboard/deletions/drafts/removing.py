"""Taking a task out of a draft: the draft is signed anew."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from dashboard.deletions.moves import change_items


def removed_by(name: str) -> str:
    return f"Removed by {name}"


def remove(draft: Deletion, item: DeletionItem, *, why: str, now: datetime) -> bool:
    """The draft is locked, and the item waits in it; what was changed of its facts is kept. True when a job must sign
    the draft."""
    change_items([item.pk], {"outcome": Outcome.SKIPPED, "message": why})
    return sign_anew(draft, added=-1, now=now)


def sign_anew(draft: Deletion, *, added: int, now: datetime) -> bool:
    """After `added` items were taken in, or out if that is negative. True when a job must sign the draft: signing a
    million takes seconds, in which others would wait for this transaction."""
    if draft.total <= freezing.AT_ONCE:
        freezing.seal(draft)
        return False
    # Until it is sealed again it can't be confirmed. Whoever seals it meanwhile sees by the count that it changed.
    numbers = {"waiting": F("waiting") + added, "skipped": F("skipped") - added}
    found = {"facts": draft.facts, "freezing_at": draft.freezing_at or now}
    Deletion.objects.filter(pk=draft.pk).update(**numbers, **found)
    return draft.is_frozen
