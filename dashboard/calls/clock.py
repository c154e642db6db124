from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.database import dialect, sql

LOOKED_AT_EVERY = 1.0
"""Seconds for which the database's clock is carried on by our own steady one."""


class _Look(threading.local):
    """When this thread last looked at the database's clock, by its own steady one, and what it said."""

    at: float = float("-inf")
    there: datetime


_last = _Look()


def now() -> datetime:
    """The time that decides: the database's, since the clocks of several machines never quite agree.

    On SQLite everything runs on one machine, whose clock it is.
    """
    if not dialect.has_own_clock():
        return timezone.now()
    if time.monotonic() >= _last.at + LOOKED_AT_EVERY:
        [(_last.there,)] = sql.rows("SELECT clock_timestamp()")
        # After the answer, so that our time may be late by its way here, but never early.
        _last.at = time.monotonic()
    return _last.there + timedelta(seconds=time.monotonic() - _last.at)
