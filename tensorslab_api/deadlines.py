"""Ends what is under way at its deadline. One thread watches all calls: a timer for each costs more than its answer."""

from __future__ import annotations

import os
import threading
import time
from typing import Protocol

IDLE = 3600.0
"""Seconds that the thread sleeps while nothing is under way."""


class Limited(Protocol):
    deadline: float
    """A moment of `time.monotonic()`."""

    def cut_off(self) -> None:
        """Ends it. Called once, at its deadline, by another thread; it may be over by then."""


class Deadlines:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.under_way: set[Limited] = set()
        self.wakes_at = 0.0
        self.thread: threading.Thread | None = None

    def add(self, limited: Limited) -> None:
        with self.changed:
            self.under_way.add(limited)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self.thread.start()
            elif limited.deadline < self.wakes_at:
                self.changed.notify()

    def remove(self, limited: Limited) -> None:
        with self.changed:
            self.under_way.discard(limited)

    def _watch(self) -> None:
        while True:
            for limited in self._over():
                limited.cut_off()

    def _over(self) -> list[Limited]:
        """Those whose deadline has come. Waits for the first that may have one, if there are none."""
        with self.changed:
            now = time.monotonic()
            over = [limited for limited in self.under_way if limited.deadline <= now]
            self.under_way.difference_update(over)
            if not over:
                self.wakes_at = min((limited.deadline for limited in self.under_way), default=now + IDLE)
                self.changed.wait(self.wakes_at - now)
            return over


DEADLINES = Deadlines()
# A process has only the thread that forked it, and perhaps a lock that another one held.
os.register_at_fork(after_in_child=DEADLINES.__init__)  # type: ignore[misc]
