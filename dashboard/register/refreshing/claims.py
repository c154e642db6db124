"""Answers that wait for the controls that vouch for them, and which controls those are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from dashboard.calls import accounts, controls, ghost_forms, ghosts, judging
from dashboard.calls.controls import Purpose
from dashboard.calls.judging import Finding
from dashboard.calls.models import Account, Control
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.register import witnesses
from dashboard.register.refreshing.due import Task


class Claim(NamedTuple):
    """The answer to a look-up of a task, which says nothing alone."""

    task: Task
    verdict: Verdict
    sent_at: datetime
    answered_at: datetime

    def judged(self, *, account: Account, control: Control, now: datetime) -> Finding | None:
        """What it is worth; None while it waits. One look-up says nothing of what is gone without a witness."""
        claim = judging.Claim(form=self.verdict.form, sent_at=self.sent_at, answered_at=self.answered_at)
        judged = judging.judge(claim, control=control, account=account, now=now)
        if judged is None:
            return None
        return judged.finding if judged.witnessed or judged.finding != Finding.GONE else Finding.VOID


def judge(claims: Sequence[Claim], account: Account, *, now: datetime) -> Iterator[tuple[Claim, Finding]]:
    """Those of these claims that can be judged now."""
    known = {control.kind: control for control in account.controls.all()}
    for claim in claims:
        control = known.get(claim.task.kind)
        finding = control and claim.judged(account=account, control=control, now=now)
        if finding:
            yield claim, finding


def wanted(
    claims: Sequence[Claim],
    account: Account,
    *,
    now: datetime,
    in_hand: Counter[tuple[str, str]],
    idle: bool,
    known: Mapping[str, str],
    besides: Sequence[str] = (),
) -> list[tuple[str, Task]]:
    """The controls that may leave now. `in_hand` counts those that did, by kind and purpose. `known`: of each kind, the
    task that was found last; `besides`: ids that are no witness, whatever the register shows."""
    chosen: list[tuple[str, Task]] = []
    for kind in sorted({claim.task.kind for claim in claims}):
        control, mine = controls.of(account, kind), [claim for claim in claims if claim.task.kind == kind]
        moments = [claim.answered_at for claim in mine]
        purposes = controls.wanted(
            control,
            doubted=False,
            since=max(moments),
            waits_since=min(moments),
            now=now,
            in_hand=Counter({purpose: in_hand[kind, purpose] for purpose in Purpose}),
            idle=idle,
        )
        if not ghost_forms.usual_form(control, now=now):
            # Until the form of ghosts is known, a missed witness says nothing.
            purposes = [purpose for purpose in purposes if purpose == Purpose.GHOST]
        for purpose in purposes:
            like = mine[0].task.task_id
            if task_id := _id_for(purpose, control, like=like, known=known.get(kind), besides=besides, now=now):
                chosen.append((purpose.value, Task(0, kind, task_id)))
    return chosen


def next_at(claims: Sequence[Claim], account: Account) -> datetime | None:
    """When the next control of these claims may leave, if it must wait."""
    kinds = {claim.task.kind for claim in claims}
    return min((one.next_at for one in account.controls.filter(kind__in=kinds) if one.next_at), default=None)


def _id_for(
    purpose: Purpose, control: Control, *, like: str, known: str | None, besides: Sequence[str], now: datetime
) -> str | None:
    if purpose == Purpose.GHOST:
        ghost = ghosts.like(like)
        return None if witnesses.in_register(control.kind, [ghost]) else ghost
    missed = [*control.missed, *control.lost, *besides]
    found = known if known and known not in missed else None
    found = found or witnesses.candidate(control.kind, known=control.witness, missed=missed)
    if found is None:
        with transaction.atomic():
            controls.note_exhausted(control.kind, now=now)
    return found


def says_nothing(asked: Task, purpose: str, verdict: Verdict) -> bool:
    """Whether a missed witness need not exist any more: a deletion of ours has taken it since."""
    if purpose != Purpose.WITNESS or verdict.ruling != Ruling.ABSENT:
        return False
    known = controls.of(accounts.current(), asked.kind).missed
    return asked.task_id not in known and not witnesses.is_present(asked.kind, asked.task_id)


def in_doubt(purpose: Purpose, control: Control) -> str | None:
    """Which id a control of an account in doubt asks about: every second time a witness that was missed before, which
    may be found again."""
    missed = [*control.missed, *control.lost]
    again = next((one for one in control.missed if witnesses.is_present(control.kind, one)), None)
    fresh = None
    if not again or not control.silent_witnesses % 2:
        fresh = witnesses.candidate(control.kind, known=control.witness, missed=missed)
    if purpose == Purpose.WITNESS:
        return fresh or again
    return ghosts.like(control.witness or fresh or again or "task")
