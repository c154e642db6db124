"""`python -m tests.chaos.clocks worker` is `manage.py worker` on a machine whose clock is wrong, and changes.

By how many seconds is in the file that CLOCK_FILE names; it is read whenever the time is asked for. The database's
own clock is not touched, but SQLite has none.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management import execute_from_command_line
from django.db.models.functions import Now
from django.utils import timezone

SQLITE_NOW = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'now', '{seconds} seconds')"


def wrong_by() -> float:
    """Seconds; 0 where no file says otherwise."""
    try:
        return float(Path(os.environ["CLOCK_FILE"]).read_text())
    except (KeyError, OSError, ValueError):
        return 0.0


def make_wrong() -> None:
    """From here on this process takes the wrong time for the right one."""
    right = timezone.now

    def now() -> datetime:
        return right() + timedelta(seconds=wrong_by())

    def as_sqlite(self: Now, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=SQLITE_NOW.format(seconds=wrong_by()), **extra)

    timezone.now = now
    Now.as_sqlite = as_sqlite


if __name__ == "__main__":
    make_wrong()
    execute_from_command_line(["manage.py", *sys.argv[1:]])
