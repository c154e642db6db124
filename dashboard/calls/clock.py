from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.database import dialect, sql

LOOKED_AT_EVERY = 1.0
"""Seconds for which the last reading of the database's clock is used, advanced by this machine's monotonic clock."""


class _Look(threading.local):
    """This thread's last reading of the database's clock, and the monotonic time of it."""

    at: float = float("-inf")
    there: datetime


_last = _Look()


def now() -> datetime:
    """The time for all decisions: the database's, since the clocks of several machines differ a little.

    With SQLite everything runs on one machine, so its clock is used.
    """
    if not dialect.has_own_clock():
        return timezone.now()
    if time.monotonic() >= _last.at + LOOKED_AT_EVERY:
        [(_last.there,)] = sql.rows("SELECT clock_timestamp()")
        # Taken after the answer, so that our time may be late by the way here, but never early.
        _last.at = time.monotonic()
    return _last.there + timedelta(seconds=time.monotonic() - _last.at)
