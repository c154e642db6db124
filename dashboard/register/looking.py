"""One look-up of one task, because somebody wants to know now. The rules are those of `refreshing`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.calls import clock, controls
from dashboard.calls.verdicts import Ruling
from dashboard.register.models import Presence, Status, TrackedTask
from dashboard.register.refreshing.asking import Asking, Sleep, Stopped
from dashboard.register.refreshing.due import Task
from dashboard.register.refreshing.storing import Found, store_all

PATIENCE = 10.0
"""Seconds of waiting, besides the calls themselves."""
SLOT = 5.0
"""Of these, for a call that may leave."""
TOO_BUSY = "TensorsLab has no time for this look-up now. Try again in a minute."
UNVOUCHED = (
    "nothing vouches for that: look-ups of other tasks were not answered as they should be. Nothing was changed."
)


@dataclass(frozen=True, kw_only=True)
class Looked:
    sentence: str
    told: bool = False
    """Whether it is known now."""


def look(task: TrackedTask, *, actor: str, sleep: Sleep = time.sleep) -> Looked:
    """Keeps what TensorsLab says of it, once controls vouch for that."""
    left = PATIENCE
    kept: list[Found] = []

    def wait(seconds: float) -> None:
        nonlocal left
        left -= seconds
        if left < 0:
            raise Stopped(TOO_BUSY)
        sleep(seconds)

    def keep(found: Sequence[Found]) -> int:
        kept.extend(found)
        return store_all(found, now=clock.now())

    controls.heed_key(now=clock.now())
    asked = [Task(task.pk, task.kind, task.task_id)]
    # What is asked about can't vouch for itself.
    asking = Asking(portions=iter([asked]), actor=actor, sleep=wait, keep=keep, patience=SLOT, besides=[task.task_id])
    done = asking.run()
    if kept:
        return Looked(sentence=_sentence(task, gone=kept[0].gone), told=True)
    if done.stopped or asking.unheard:
        return Looked(sentence=f"{done.stopped or asking.unheard} Nothing was changed.")
    said = "has this task" if asking.heard == Ruling.THERE else "has no such task"
    return Looked(sentence=f"TensorsLab says that it {said}, but {UNVOUCHED}")


def _sentence(task: TrackedTask, *, gone: bool) -> str:
    before = task.presence
    task.refresh_from_db()
    if gone:
        seen = "Looked up now: TensorsLab no longer has this task."
        return f"{seen} It is shown as missing." if task.presence == Presence.MISSING != before else seen
    seen = f"Looked up now: TensorsLab has this task, {Status(task.status).label.lower()}."
    return f"{seen} It was deleted here all the same." if task.presence == Presence.DELETED else seen
