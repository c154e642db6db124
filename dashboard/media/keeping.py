"""How long pictures stay: until somebody has one forgotten, or long after their task was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from dashboard.audit import chain
from dashboard.media import storing
from dashboard.media.models import Picture, Reason, Round, State
from dashboard.register.models import Presence, TrackedTask

STEP = 500
"""Pictures that are looked at in one step."""
AWAY: dict[str, Any] = {
    **dict.fromkeys(["token", "film", "detail"], ""),
    **dict.fromkeys(["original", "width", "height", "duration", "frames", "due_at"]),
    "urgent": 0,
}
"""What a picture that is no more does not have."""


def forget(task: TrackedTask, *, by: User, address: str) -> int:
    """All pictures of a task, at once and for good: none is fetched again. How many there were."""
    with transaction.atomic():
        # It may be looked at for the first time after this.
        Picture.objects.bulk_create([Picture(task=task, number=0, source="")], ignore_conflicts=True)
        rows = list(Picture.objects.select_for_update().filter(task=task).exclude(state=State.FORGOTTEN))
        if not rows:
            return 0
        tokens = [row.token for row in rows if row.token]
        Picture.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=State.FORGOTTEN, reason=Reason.FORGOTTEN, **AWAY
        )
        subject = f"{task.kind} {task.task_id}"
        detail = {"pictures": len(tokens)}
        chain.append(
            actor=by.get_username(), address=address, action="picture.forgotten", subject=subject, detail=detail
        )
        transaction.on_commit(lambda: _remove(tokens))
    return len(tokens)


def forget_all(tasks: Sequence[int]) -> int:
    """All pictures of tasks whose addresses are erased as well, in the caller's transaction. How many there were."""
    rows = Picture.objects.filter(task__in=tasks).exclude(state=State.FORGOTTEN)
    known = list(rows.select_for_update().order_by("pk").values_list("token", flat=True))
    tokens = [token for token in known if token]
    rows.update(state=State.FORGOTTEN, reason=Reason.FORGOTTEN, source="", **AWAY)
    # What came after `remove_files`.
    transaction.on_commit(lambda: _remove(tokens))
    return len(tokens)


def remove_files(tasks: Sequence[int]) -> None:
    """Of all their pictures. Their rows follow: see `forget_all`."""
    tokens = Picture.objects.filter(task__in=tasks).values_list("token", flat=True)
    _remove([token for token in tokens if token])


def sweep(*, now: datetime) -> int:
    """One step through all pictures, round and round: those whose task was deleted long ago go. How many went."""
    round_ = Round.objects.get(pk=1)
    pictures = Picture.objects.filter(pk__gt=round_.swept).order_by("pk")
    rows = list(
        pictures.values_list("pk", "state", "task__presence", "task__deleted_at", "token")[:STEP],
    )
    last = rows[-1][0] if len(rows) == STEP else 0
    if not Round.objects.filter(pk=1, swept=round_.swept).update(swept=last):
        # Another worker is at it.
        return 0
    before = now - timedelta(days=settings.MEDIA_KEEP_DAYS)
    old = {
        pk: token
        for pk, state, presence, deleted_at, token in rows
        if presence == Presence.DELETED and deleted_at is not None and deleted_at < before
        if state not in {State.FORGOTTEN, State.EXPIRED}
    }
    changed = Picture.objects.filter(pk__in=old).update(state=State.EXPIRED, reason=Reason.EXPIRED, **AWAY)
    _remove([token for token in old.values() if token])
    return changed


def _remove(tokens: list[str]) -> None:
    store = storing.store()
    for token in tokens:
        store.remove(token)
