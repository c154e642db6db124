"""Looks up tasks at TensorsLab that were not looked up for long, and stores the answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from dashboard.calls import clock, controls
from dashboard.register.refreshing import due
from dashboard.register.refreshing.allowances import Number
from dashboard.register.refreshing.asking import Asking, Refreshed, Sleep, Stopped
from dashboard.register.refreshing.storing import store

__all__ = ["Asking", "Refreshed", "Sleep", "Stopped", "refresh", "store"]


def refresh(
    *,
    older_than: timedelta,
    limit: int | None,
    actor: str,
    sleep: Sleep = time.sleep,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Refreshed:
    """Looks up all that was not looked up for so long, in the order of `due`. The first look-up proves the key."""
    now = clock.now()
    controls.heed_key(now=now)
    portions = due.portions(due.not_since(now - older_than), Number(limit))
    return Asking(portions=portions, actor=actor, sleep=sleep, may_go_on=may_go_on, proving=True).run()
