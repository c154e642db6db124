"""What tests with real worker processes share: settings that keep them short, and waiting for what a process does."""

from __future__ import annotations

import time
from collections.abc import Callable

from dashboard.deletions.models import Deletion, State

FAST = {
    "TENSORSLAB_TIMEOUT": "2",
    "DELETION_VERIFY": "none",
    "DELETION_INSPECT_AFTER": "off",
    "TENSORSLAB_BATCH_SIZE": "5",
    "TENSORSLAB_API_KEY": "test-key",
}


def until(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Looks again until it is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "It did not come true in time."
        time.sleep(0.1)


def finished(deletion: Deletion) -> bool:
    deletion.refresh_from_db()
    assert deletion.state != State.PAUSED, deletion.paused_reason
    return deletion.state == State.FINISHED
