"""What somebody has under way, when their account is disabled."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from dashboard.deletions.actions.approving import decline, withdraw
from dashboard.deletions.actions.asking import By, Refused
from dashboard.deletions.actions.stopping import stop_rest
from dashboard.deletions.actions.undoing import undo
from dashboard.deletions.models import Deletion, State


def under_way(person: User) -> list[Deletion]:
    """What is confirmed and goes on, or would after an approval. What was stopped only comes to its end."""
    going_on = Q(pk__in=Deletion.objects.going_on()) | Q(state=State.AWAITING_APPROVAL)
    return list(Deletion.objects.filter(going_on, actor=person).order_by("pk"))


def stop_all(*, person: User, by: By, now: datetime) -> list[Deletion]:
    """Declines what waits for approval, undoes what has not begun, and stops the rest of what has.

    Returns what could not be stopped.
    """
    left = []
    for deletion in under_way(person):
        try:
            if deletion.state == State.AWAITING_APPROVAL:
                _give_up(deletion, by, now=now)
            elif deletion.is_in_grace(now=now):
                undo(deletion=deletion, by=by, now=now)
            else:
                stop_rest(deletion=deletion, by=by, now=now)
        except Refused:
            left.append(deletion)
    return left


def _give_up(deletion: Deletion, by: By, *, now: datetime) -> None:
    """Nobody can decline what they asked for themselves."""
    if by.user.pk == deletion.actor_id:
        withdraw(deletion=deletion, by=by, now=now)
    else:
        decline(deletion=deletion, by=by, reason="The account of its requester was disabled.", now=now)
