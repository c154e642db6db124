"""The requester of a finished deletion has seen it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from dashboard.deletions.models import Deletion, State

OVER = [State.FINISHED, State.DISCARDED]


def note_opened(*, deletion: Deletion, user: User, now: datetime) -> None:
    """Removes the banner of a finished deletion, or of one that nobody agreed to, when its requester has seen it. The
    audit log is not written."""
    if deletion.actor_id == user.pk and deletion.opened_at is None:
        Deletion.objects.confirmed().filter(pk=deletion.pk, state__in=OVER).update(opened_at=now)
