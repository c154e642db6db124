"""Deletions go first: whether look-ups for the register may leave now."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.calls import accounts
from dashboard.calls.models import ProviderCall, Worker
from dashboard.deletions.dispatch import agenda
from dashboard.deletions.models import Deletion, Inspection, State

AHEAD = timedelta(seconds=1)
"""The slots are free so long before a deletion needs them."""
ALIVE = timedelta(seconds=15)
"""Age of a worker's last sign of life up to which it will send."""


def register_may_ask(*, now: datetime) -> bool:
    """Not while calls of a deletion are in hand, or are due in a moment. Where no worker is there to send them, nobody
    needs to wait."""
    if ProviderCall.objects.in_hand().filter(deletion__isnull=False).exists():
        return False
    sending = Deletion.objects.filter(state__in=[State.SCHEDULED, State.RUNNING], host=accounts.current_host())
    if not sending.exists() and not Inspection.objects.filter(at=None, due_at__lte=now + AHEAD).exists():
        return True
    return not agenda.is_due(by=now + AHEAD, now=now) or not Worker.objects.filter(beat_at__gt=now - ALIVE).exists()
