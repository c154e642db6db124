from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.database import dialect, sql

NEVER = float("-inf")
LOOKED_AT_EVERY = 1.0
"""Seconds for which the last reading of the database's clock is used, advanced by this machine's monotonic clock."""


class _Look(threading.local):
    """This thread's last reading of the database's clock, and the monotonic time of it."""

    at: float = NEVER
    there: datetime


_last = _Look()


def now() -> datetime:
    """The time for all decisions: the database's, since the clocks of several machines differ a little.

    With SQLite everything runs on one machine, so its clock is used.
    """
    if not dialect.has_own_clock():
        return timezone.now()
    asked_at = time.monotonic()
    if asked_at >= _last.at + LOOKED_AT_EVERY:
        [(there,)] = sql.rows("SELECT clock_timestamp()")
        _note(there, asked_at=asked_at)
    return _last.there + timedelta(seconds=time.monotonic() - _last.at)


def _note(there: datetime, *, asked_at: float) -> None:
    # After the answer, so that our time may be late by its way here, but never early.
    answered_at = time.monotonic()
    if _last.at > NEVER:
        before, after = (_last.there + timedelta(seconds=moment - _last.at) for moment in (asked_at, answered_at))
        # It was read between these two. An answer that was long under way does not put us back.
        there = max(there, after) if there >= before else there
    _last.there, _last.at = there, answered_at
