"""The strip above the table: what is in flight for one person, and what they have not looked at yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q

from dashboard.deletions.models import Deletion, State
from dashboard.deletions.progress import progress_of
from dashboard.inventory.listing import rows_for_shown
from dashboard.inventory.models import TrackedTask

SEEN = "0000seen0000seen"
"""Stands in a rendering for the rendering's own digest."""
LINGERS = timedelta(seconds=10)
"""Longer than the slowest poll, so that a page that watches sees every ending once."""
MOST = 10


def context(*, user: User, shown: str, now: datetime, watching: bool) -> dict[str, object]:
    cards = [progress_of(row, now=now) for row in _of(user, now=now, watching=watching)]
    polls = [card.polling for card in cards if card.polling]
    cells: list[TrackedTask] = rows_for_shown(shown) if shown else []
    return {"cards": cards, "polling": min(polls, default=0), "cells": cells, "seen": SEEN, "oob": True}


def _of(user: User, *, now: datetime, watching: bool) -> list[Deletion]:
    mine = Deletion.objects.with_rest().filter(actor=user)
    in_flight = Q(state__in=[State.SCHEDULED, State.RUNNING, State.PAUSED]) | Q(state=State.CANCELLED, waiting__gt=0)
    # A clean ending is shown to who watched it; trouble stays until its requester opens the deletion.
    ended = Q(state__in=[State.FINISHED, State.CANCELLED], finished_at__gt=now - LINGERS) if watching else Q(pk=None)
    trouble = Q(refused__gt=0) | Q(unknown__gt=0) | Q(alarms__gt=0)
    unopened = Q(state=State.FINISHED, opened_at=None) & trouble
    return list(mine.filter(in_flight | ended | unopened).order_by("-confirmed_at")[:MOST])
