"""Asks TensorsLab about tasks nobody asked about for long, and keeps what it says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from dashboard.calls import accounts
from dashboard.calls.policy import LONGEST_PAUSE, rest_for
from dashboard.calls.sending import NoSlot, Paused, look_up
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.inventory.importing.fields import is_web_address
from dashboard.inventory.models import Presence, Status, TrackedTask

UNANSWERED_IN_A_ROW = 3
WAITS_IN_A_ROW = 10

Sleep = Callable[[float], None]


class Stopped(Exception):
    """Going on makes no sense. The text is the sentence the operator reads."""


@dataclass(kw_only=True)
class Refreshed:
    looked_up: int = 0
    missing: int = 0
    unanswered: int = 0
    stopped: str = ""
    """Why it ended before its time; empty when it didn't."""


def refresh(*, older_than: timedelta, limit: int | None, actor: str, sleep: Sleep = time.sleep) -> Refreshed:
    """Never looked-up tasks first, then those whose last look-up is longest ago."""
    done = Refreshed()
    in_a_row = 0
    for pk in stale(now=timezone.now(), older_than=older_than)[:limit]:
        task = TrackedTask.objects.get(pk=pk)
        try:
            verdict = _ask(task, actor=actor, sleep=sleep, proving=not done.looked_up)
        except Stopped as stopped:
            done.stopped = str(stopped)
            break
        if verdict.ruling in {Ruling.THERE, Ruling.GONE}:
            in_a_row = 0
            done.looked_up += 1
            done.missing += keep(task, verdict, now=timezone.now())
            continue
        done.unanswered += 1
        in_a_row += 1
        if in_a_row == UNANSWERED_IN_A_ROW:
            done.stopped = f"{verdict.sentence} Stopped after {in_a_row} look-ups in a row without an answer."
            break
    return done


def stale(*, now: datetime, older_than: timedelta) -> list[int]:
    """Only what is not being deleted or gone by our hand. A missing task may have been looked up under a wrong key."""
    due = TrackedTask.objects.filter(Q(checked_at=None) | Q(checked_at__lt=now - older_than))
    due = due.filter(presence__in=[Presence.PRESENT, Presence.MISSING]).order_by(
        F("checked_at").asc(nulls_first=True), "pk"
    )
    return list(due.values_list("pk", flat=True))


def keep(task: TrackedTask, verdict: Verdict, *, now: datetime) -> bool:
    """Writes what the look-up said. True when the task turned out missing."""
    rows = TrackedTask.objects.filter(pk=task.pk)
    rows.update(checked_at=now, **_told(verdict))
    if verdict.ruling == Ruling.THERE:
        rows.filter(presence=Presence.MISSING).update(presence=Presence.PRESENT)
    # A deletion may have taken the task since it was asked about; then its outcome is not ours to write.
    return verdict.ruling == Ruling.GONE and bool(
        rows.filter(presence=Presence.PRESENT).update(presence=Presence.MISSING)
    )


def _told(verdict: Verdict) -> dict[str, Any]:
    """The fields that the answer fills; what it leaves empty keeps what we have."""
    info = verdict.info
    if info is None:
        return {}
    told = {
        "status": "" if info.status.value == Status.UNKNOWN else info.status.value,
        "model": info.model,
        "prompt": info.prompt,
        "urls": [url for url in info.urls if is_web_address(url)],
        "width": info.width,
        "height": info.height,
        "duration": info.duration,
        "error": info.error,
        "created_raw": info.created_raw,
    }
    return {name: value for name, value in told.items() if value}


def _ask(task: TrackedTask, *, actor: str, sleep: Sleep, proving: bool) -> Verdict:
    """The answer, once TensorsLab has time for it. Raises `Stopped`."""
    for _wait in range(WAITS_IN_A_ROW):
        try:
            verdict = look_up(kind=task.kind, task_id=task.task_id, actor=actor, proving=proving)
        except NoSlot as error:
            raise Stopped(f"{error} Run it again when the deletions in flight are done.") from error
        except Paused as error:
            sleep(_rest(str(error)))
            continue
        if verdict.ruling in {Ruling.UNAUTHORIZED, Ruling.OUT_OF_CREDITS}:
            raise Stopped(verdict.sentence)
        if verdict.ruling != Ruling.BUSY:
            return verdict
        sleep(rest_for(verdict.retry_after))
    raise Stopped(f"TensorsLab stayed busy over {WAITS_IN_A_ROW} waits. Run it again later.")


def _rest(reason: str) -> float:
    """Seconds until the account may be used again. Raises `Stopped` when only a person can end its pause."""
    account = accounts.current()
    if account.paused_reason:
        raise Stopped(account.paused_reason)
    if account.rest_until is None:
        return 0.0
    return min(max((account.rest_until - timezone.now()).total_seconds(), 0.1), LONGEST_PAUSE)
