"""What every play of a misbehaving provider ends with."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.deletions import actions
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import TrackedTask
from tests.deletions.theatre import Theatre

Images = Callable[[int], list[TrackedTask]]


def stop(deletion: Deletion, by: actions.By, theatre: Theatre) -> None:
    actions.stop_rest(deletion=deletion, by=by, now=theatre.now())


def finished_without_lies(theatre: Theatre, deletion: Deletion) -> None:
    assert theatre.lies(deletion) == []
    assert (deletion.state, sum(deletion.counts().values())) == (State.FINISHED, deletion.total), deletion.paused_reason


def resumed(theatre: Theatre, deletion: Deletion, by: actions.By) -> Deletion:
    actions.resume(deletion=deletion, by=by, now=theatre.now())
    return theatre.play(deletion)
