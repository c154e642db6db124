"""What the last person agreed to begins when its grace is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from dashboard.calls import accounts
from dashboard.deletions.dispatch import arming
from dashboard.deletions.dispatch.jobs import wake
from dashboard.deletions.models import Deletion, State


def schedule(row: Deletion, *, now: datetime, **fields: object) -> None:
    """The row is locked, and its state allows it."""
    starts_at = now + timedelta(seconds=settings.DELETION_GRACE_SECONDS)
    Deletion.objects.filter(pk=row.pk, state=row.state).update(
        state=State.SCHEDULED, starts_at=starts_at, key=accounts.current_key(), **fields
    )
    wake(starts_at if arming.is_small(row) else now)


def arm_if_small(row: Deletion, *, now: datetime) -> None:
    """If this process dies before it, the next shift arms it."""
    if arming.is_small(row):
        arming.in_chunks(arming.arm_chunk, row, now=now)
