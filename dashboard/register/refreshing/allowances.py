"""How many calls may be made to look tasks up: a number, or so many in each minute over all workers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from dashboard.calls import clock
from dashboard.register.models import RefreshMinute

MINUTE = timedelta(minutes=1)
ONLY = 1
"""The key of the only row."""


class Allowance(Protocol):
    def take(self, number: int) -> int:
        """Takes so many calls, or as many as there are."""

    def put_back(self, number: int) -> None:
        """Of what was taken so many were not made; below zero, so many more were."""


class Number:
    """So many look-ups; None for any number. Controls don't count."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left

    def take(self, number: int) -> int:
        if self.left is None:
            return number
        taken = min(number, self.left)
        self.left -= taken
        return taken

    def put_back(self, number: int) -> None:
        if self.left is not None and number > 0:
            self.left += number


class PerMinute:
    """`REFRESH_CALLS_PER_MINUTE`, controls included. A minute begins with its first call; what it spent too much is
    taken from the next one."""

    def __init__(self, now: Callable[[], datetime] = clock.now) -> None:
        self.now = now

    def take(self, number: int) -> int:
        now, rate = self.now(), settings.REFRESH_CALLS_PER_MINUTE
        with transaction.atomic():
            RefreshMinute.objects.get_or_create(pk=ONLY)
            minute = RefreshMinute.objects.select_for_update().get(pk=ONLY)
            # Begun in the future: a clock was wrong.
            if minute.begun_at is None or not minute.begun_at <= now < minute.begun_at + MINUTE:
                minute.begun_at, minute.calls = now, max(0, minute.calls - rate)
            taken = max(0, min(number, rate - minute.calls))
            minute.calls += taken
            minute.save()
        return taken

    def put_back(self, number: int) -> None:
        if number:
            left = Greatest(F("calls") - number, 0)
            RefreshMinute.objects.filter(pk=ONLY).update(calls=left)


def is_spent(*, now: datetime) -> bool:
    """Whether no call may be made before the next minute."""
    minute = RefreshMinute.objects.filter(pk=ONLY).first()
    if minute is None or minute.begun_at is None or not minute.begun_at <= now < minute.begun_at + MINUTE:
        return False
    return minute.calls >= settings.REFRESH_CALLS_PER_MINUTE
