"""How `delete_tasks` ends, for scripts. `docs/commands.md` has the table."""

from __future__ import annotations

from enum import IntEnum

from dashboard.deletions.models import Deletion, State
from dashboard.register.command_line import choosing, confirming


class Exit(IntEnum):
    DONE = 0
    """Confirmed; with --wait: all of it is gone."""
    REFUSED = 1
    """It is not allowed, or an option is wrong. argparse says 2."""
    NOTHING = choosing.NOTHING
    """Nothing matched, or nothing of it can be deleted."""
    NOT_CONFIRMED = confirming.NOT_CONFIRMED
    CHANGED = 5
    """Tasks became busy or held between the question and the answer. Nothing is confirmed."""
    SOMEBODY_ELSE = 6
    """It waits for an approval, or for its confirmation on a page."""
    KEPT = 7
    """It was undone, declined, withdrawn, or expired: all tasks are kept."""
    NOT_ALL = 8
    """It has ended, and some tasks were refused, kept or are unknown."""
    GOES_ON = 9
    """The waiting was interrupted; the deletion goes on."""


def exit_of(deletion: Deletion) -> Exit | None:
    """None while it goes on."""
    match deletion.state:
        case State.FINISHED:
            left = deletion.refused + deletion.unknown + deletion.kept + deletion.waiting + deletion.sent
            return Exit.NOT_ALL if left else Exit.DONE
        case State.CANCELLED | State.DISCARDED:
            return Exit.KEPT
        case State.AWAITING_APPROVAL:
            return Exit.SOMEBODY_ELSE
    return None
