"""Looks up tasks at TensorsLab that were not looked up for long, and stores the answers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from dashboard.calls import accounts, clock, controls, ghosts, judging, sending
from dashboard.calls.controls import Purpose
from dashboard.calls.judging import Finding
from dashboard.calls.models import Account, Control
from dashboard.calls.policy import LONGEST_PAUSE, rest_for
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.register import witnesses
from dashboard.register.holding import taking
from dashboard.register.importing.cells.fields import is_web_address
from dashboard.register.models import ForgottenTask, Presence, Status, TrackedTask
from dashboard.register.models.forgotten import WORDS

UNANSWERED_IN_A_ROW = 3
WAITS_IN_A_ROW = 10
VOUCHED_AT_ONCE = 50
"""Look-ups for which the same controls vouch."""
CONTROLS_IN_A_ROW = 20

Sleep = Callable[[float], None]


class Stopped(Exception):
    """The refresh can't go on. The text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    task: TrackedTask
    answer: sending.Asked


@dataclass(kw_only=True)
class Refreshed:
    looked_up: int = 0
    missing: int = 0
    unanswered: int = 0
    stopped: str = ""
    """Why it ended early; empty if it did not."""


def refresh(*, older_than: timedelta, limit: int | None, actor: str, sleep: Sleep = time.sleep) -> Refreshed:
    """Looks up tasks: first those never looked up, then those whose last look-up is the oldest.

    Answers are stored when controls vouch for them, so that a busy moment or another key makes no task missing.
    """
    done = Refreshed()
    controls.heed_key(now=clock.now())
    silent = 0
    asked: list[Answered] = []
    try:
        for number, pk in enumerate(stale(now=clock.now(), older_than=older_than)[:limit]):
            task = TrackedTask.objects.only("kind", "task_id").get(pk=pk)
            answer = ask(task.kind, task.task_id, actor=actor, sleep=sleep, proving=not number)
            if answer.verdict.ruling in {Ruling.THERE, Ruling.ABSENT}:
                silent = 0
                asked.append(Answered(task=task, answer=answer))
            else:
                done.unanswered += 1
                silent += 1
            if silent == UNANSWERED_IN_A_ROW:
                raise Stopped(f"{answer.verdict.sentence} Stopped after {silent} look-ups in a row without an answer.")
            if len(asked) == VOUCHED_AT_ONCE:
                _store_vouched(asked, done, actor=actor, sleep=sleep)
        _store_vouched(asked, done, actor=actor, sleep=sleep)
    except Stopped as stopped:
        done.unanswered += len(asked)
        done.stopped = str(stopped)
    return done


def _store_vouched(asked: list[Answered], done: Refreshed, *, actor: str, sleep: Sleep) -> None:
    """Stores answers for which controls vouch, and empties the list. Raises `Stopped` if look-ups can't be trusted."""
    by_kind: dict[str, list[Answered]] = {}
    for one in asked:
        by_kind.setdefault(one.task.kind, []).append(one)
    for kind, those in by_kind.items():
        account, control = vouch(kind, those, actor=actor, sleep=sleep)
        for one in those:
            asked.remove(one)
            finding = found(one, account=account, control=control)
            if finding in {Finding.THERE, Finding.GONE}:
                done.looked_up += 1
                done.missing += store(one.task, one.answer.verdict, gone=finding == Finding.GONE, now=clock.now())
            else:
                done.unanswered += 1


def found(one: Answered, *, account: Account, control: Control) -> Finding:
    """What an answer is worth; one look-up says nothing of what is gone without a witness."""
    judged = judging.judge(one.answer.claim, control=control, account=account, now=clock.now())
    return judged.finding if judged and (judged.witnessed or judged.finding != Finding.GONE) else Finding.VOID


def vouch(
    kind: str, asked: list[Answered], *, actor: str, sleep: Sleep, besides: Sequence[str] = ()
) -> tuple[Account, Control]:
    """Makes controls until they vouch for these answers. Raises `Stopped` when they don't in the end.

    `besides`: ids that are no witness, whatever the register shows."""
    since = max(one.answer.claim.answered_at for one in asked)
    there = next((one.task.task_id for one in asked if one.answer.verdict.ruling == Ruling.THERE), "")
    for _round in range(CONTROLS_IN_A_ROW):
        account = accounts.current()
        control = controls.of(account, kind)
        if account.doubt or account.key != accounts.current_key():
            raise Stopped(account.doubt or "Another process sends with another API key. Nothing is concluded.")
        wanted = controls.wanted(control, doubted=False, since=since, now=clock.now(), in_hand=Counter(), idle=True)
        # Ghosts first: until their form is known, a missed witness says nothing.
        for purpose in sorted(wanted)[:1]:
            task_id = _control_id(purpose, control, known=there, like=asked[0].task.task_id, besides=besides)
            if task_id is not None:
                ask(kind, task_id, actor=actor, sleep=sleep, purpose=purpose.value)
        if not wanted:
            if control.next_at is None or control.next_at <= clock.now():
                break
            sleep((control.next_at - clock.now()).total_seconds())
    return accounts.current(), controls.of(account, kind)


def _control_id(purpose: Purpose, control: Control, *, known: str, like: str, besides: Sequence[str]) -> str | None:
    if purpose == Purpose.GHOST:
        return ghosts.like(like)
    missed = [*control.missed, *control.lost, *besides]
    found = known or witnesses.candidate(control.kind, known=control.witness, missed=missed)
    if not found:
        with transaction.atomic():
            controls.note_exhausted(control.kind, now=clock.now())
    return found or None


def stale(*, now: datetime, older_than: timedelta) -> list[int]:
    """Tasks to look up, in order, without those that we delete or deleted. A missing one may exist for another key."""
    due = TrackedTask.objects.filter(Q(checked_at=None) | Q(checked_at__lt=now - older_than))
    due = due.filter(presence__in=[Presence.PRESENT, Presence.MISSING]).order_by(
        F("checked_at").asc(nulls_first=True), "pk"
    )
    return list(due.values_list("pk", flat=True))


@transaction.atomic
def store(task: TrackedTask, verdict: Verdict, *, gone: bool, now: datetime) -> bool:
    """Stores a look-up's answer. True if the task turned out missing."""
    rows = TrackedTask.objects.filter(pk=task.pk)
    told = _told(verdict)
    words = {name: told.pop(name) for name in WORDS if name in told}
    rows.update(checked_at=now, **told)
    if words:
        # After the first write, for whose end a forgetting waits.
        rows.filter(~Exists(ForgottenTask.objects.filter(task=OuterRef("pk")))).update(**words)
    if verdict.ruling == Ruling.THERE:
        rows.filter(presence=Presence.MISSING).update(presence=Presence.PRESENT)
    taking.take_in(lambda: [task.pk], now=now)
    # A deletion may have taken the task since the look-up, and then decides its outcome.
    return gone and bool(rows.filter(presence=Presence.PRESENT).update(presence=Presence.MISSING))


def _told(verdict: Verdict) -> dict[str, Any]:
    """The fields that the answer fills; empty ones don't replace stored values."""
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


def ask(
    kind: str,
    task_id: str,
    *,
    actor: str,
    sleep: Sleep,
    purpose: str = "",
    proving: bool = False,
    wait: float = 60.0,
) -> sending.Asked:
    """The answer, after waiting while TensorsLab is busy. Raises `Stopped`."""
    for _wait in range(WAITS_IN_A_ROW):
        try:
            asked = sending.look_up(
                kind=kind, task_id=task_id, actor=actor, purpose=purpose, proving=proving, wait=wait
            )
        except sending.NoSlot as error:
            raise Stopped(f"{error} Run it again when the deletions in flight are done.") from error
        except sending.Paused as error:
            sleep(_rest(str(error)))
            continue
        if asked.verdict.ruling in {Ruling.UNAUTHORIZED, Ruling.OUT_OF_CREDITS}:
            raise Stopped(asked.verdict.sentence)
        if asked.verdict.ruling != Ruling.BUSY:
            return asked
        sleep(rest_for(asked.verdict.retry_after))
    raise Stopped(f"TensorsLab stayed busy over {WAITS_IN_A_ROW} waits. Run it again later.")


def _rest(reason: str) -> float:
    """Seconds until the account may be used again. Raises `Stopped` if only a person can end its pause."""
    account = accounts.current()
    if account.paused_reason:
        raise Stopped(account.paused_reason)
    if account.rest_until is None:
        return 0.0
    return min(max((account.rest_until - clock.now()).total_seconds(), 0.1), LONGEST_PAUSE)
