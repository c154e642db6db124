"""The requester of a finished deletion has seen it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from dashboard.deletions.models import Deletion, State


def note_opened(*, deletion: Deletion, user: User, now: datetime) -> None:
    """Takes the banner of a finished deletion away, once its requester has seen the deletion.
    Nothing is asked by that."""
    if deletion.state == State.FINISHED and deletion.actor_id == user.pk and deletion.opened_at is None:
        Deletion.objects.filter(pk=deletion.pk, state=State.FINISHED).update(opened_at=now)
