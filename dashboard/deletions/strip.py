"""The strip above the table: what is in flight for one person, and what they have not looked at yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from dashboard import sql
from dashboard.deletions.models import Deletion
from dashboard.deletions.moves import DELETIONS
from dashboard.deletions.progress import progress_of
from dashboard.inventory.listing import rows_for_shown
from dashboard.inventory.models import TrackedTask

SEEN = "0000seen0000seen"
"""Stands in a rendering for the rendering's own digest."""
LINGERS = timedelta(seconds=10)
"""Longer than the slowest poll, so that a page that watches sees every ending once."""
MOST = 10
MINE = f"""SELECT id FROM {DELETIONS} WHERE actor_id = %s AND (
    state IN ('scheduled', 'running', 'paused')
    OR state = 'cancelled' AND waiting > 0
    OR state IN ('finished', 'cancelled') AND finished_at > %s
    OR state = 'finished' AND opened_at IS NULL AND (refused > 0 OR unknown > 0 OR alarms > 0)
) ORDER BY confirmed_at DESC LIMIT %s"""


def context(*, user: User, shown: str, now: datetime, watching: bool) -> dict[str, object]:
    cards = [progress_of(row, now=now) for row in _of(user, now=now, watching=watching)]
    polls = [card.polling for card in cards if card.polling]
    cells: list[TrackedTask] = rows_for_shown(shown) if shown else []
    return {"cards": cards, "polling": min(polls, default=0), "cells": cells, "seen": SEEN, "oob": True}


def _of(user: User, *, now: datetime, watching: bool) -> list[Deletion]:
    # A clean ending is shown to who watched it; trouble stays until its requester opens the deletion.
    since = now - LINGERS if watching else now
    numbers = [pk for (pk,) in sql.rows(MINE, user.pk, since, MOST)]
    # Most often there is none, and this stands on every list.
    return list(Deletion.objects.with_rest().filter(pk__in=numbers).order_by("-confirmed_at")) if numbers else []
