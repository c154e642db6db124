"""Waits for the end of a deletion and draws how far it is. It only looks: that it ends, stops nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.core.management.base import OutputWrapper

from dashboard.calls import clock
from dashboard.deletions.command_line.exits import Exit, exit_of
from dashboard.deletions.history.progress import progress_of
from dashboard.deletions.models import Deletion
from dashboard.pages.foreign import plain

WIDTH = 24
EVERY = 0.5
EVERY_ELSEWHERE = 10.0
"""Seconds between two lines where there is no terminal."""
CLEAR = "\r\x1b[K"
GOES_ON = "The deletion goes on. Its page is {}: there it can be paused, and the rest of it stopped."


class Bar:
    """One line that is drawn again and again on a terminal; elsewhere a line from time to time."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._terminal = out.isatty()
        self._line, self._next = "", 0.0

    def show(self, line: str, *, at: float, last: bool = False) -> None:
        if line != self._line and (self._terminal or last or at >= self._next):
            self._line, self._next = line, at + EVERY_ELSEWHERE
            self._out.write(f"{CLEAR}{line}" if self._terminal else line, ending="" if self._terminal else "\n")
            self._out.flush()
        if last:
            self.end()

    def end(self) -> None:
        """What comes next begins on a line of its own."""
        if self._terminal:
            self._out.write("")


def follow(
    deletion: Deletion,
    *,
    out: OutputWrapper,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = clock.now,
) -> Exit:
    bar = Bar(out)
    waited = 0.0
    try:
        while True:
            row = Deletion.objects.with_circumstances().get(pk=deletion.pk)
            code = None if row.is_being_undone else exit_of(row)
            bar.show(line_of(row, now=now()), at=waited, last=code is not None)
            if code is not None:
                return code
            sleep(EVERY)
            waited += EVERY
    except KeyboardInterrupt:
        bar.end()
        out.write(GOES_ON.format(deletion.get_absolute_url()))
        return Exit.GOES_ON
    finally:
        deletion.refresh_from_db()


def line_of(deletion: Deletion, *, now: datetime) -> str:
    found = progress_of(deletion, now=now)
    full = round(found.percent * WIDTH / 100)
    counts = ", ".join(f"{row.count:,} {row.label.lower()}" for row in found.counts)
    parts = [f"[{'#' * full}{'.' * (WIDTH - full)}] {found.percent:3}%", deletion.state_words, counts, found.sentence]
    return plain("  ".join(filter(None, parts)))
