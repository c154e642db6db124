"""One look-up of one task, because somebody wants to know now. The rules are those of `refreshing.py`."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dashboard.calls import clock, controls
from dashboard.calls.judging import Finding
from dashboard.calls.verdicts import Ruling
from dashboard.register.models import Presence, Status, TrackedTask
from dashboard.register.refreshing import Answered, Sleep, Stopped, ask, found, store, vouch

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

    def wait(seconds: float) -> None:
        nonlocal left
        left -= seconds
        if left < 0:
            raise Stopped(TOO_BUSY)
        sleep(seconds)

    controls.heed_key(now=clock.now())
    try:
        answer = ask(task.kind, task.task_id, actor=actor, sleep=wait, wait=SLOT)
        if answer.verdict.ruling not in {Ruling.THERE, Ruling.ABSENT}:
            return Looked(sentence=f"{answer.verdict.sentence} Nothing was changed.")
        one = Answered(task=task, answer=answer)
        # What is asked about can't vouch for itself.
        account, control = vouch(task.kind, [one], actor=actor, sleep=wait, besides=[task.task_id])
    except Stopped as stopped:
        return Looked(sentence=f"{stopped} Nothing was changed.")
    finding = found(one, account=account, control=control)
    if finding not in {Finding.THERE, Finding.GONE}:
        said = "has this task" if answer.verdict.ruling == Ruling.THERE else "has no such task"
        return Looked(sentence=f"TensorsLab says that it {said}, but {UNVOUCHED}")
    store(task, answer.verdict, gone=finding == Finding.GONE, now=clock.now())
    return Looked(sentence=_sentence(task, finding), told=True)


def _sentence(task: TrackedTask, finding: Finding) -> str:
    before = task.presence
    task.refresh_from_db()
    if finding == Finding.GONE:
        seen = "Looked up now: TensorsLab no longer has this task."
        return f"{seen} It is shown as missing." if task.presence == Presence.MISSING != before else seen
    seen = f"Looked up now: TensorsLab has this task, {Status(task.status).label.lower()}."
    return f"{seen} It was deleted here all the same." if task.presence == Presence.DELETED else seen
