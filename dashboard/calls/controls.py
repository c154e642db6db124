"""Controls are look-ups that vouch for others. A look-up proves nothing alone: "no such task" has every failure's code.

Beside doubtful look-ups two controls are made: of a *witness*, a task that is known to exist, and of a *ghost*, an id
that never existed. This module decides which controls leave, and learns from their answers: how ghosts are answered
(`ghost_forms`), what other look-ups are worth (`judging`), and whether look-ups are trusted at all (`doubts`). While
the account is in doubt, controls are repeated with growing pauses until the witness is found again.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.calls import accounts, doubts, ghost_forms
from dashboard.calls.doubts import MISSES, MOST_MISSED
from dashboard.calls.ghost_forms import GHOSTS, REMEMBERED, THERE, usual_form
from dashboard.calls.models import LONG_AGO, Account, Control
from dashboard.calls.policy import LONGEST_PAUSE, growing_pause
from dashboard.calls.verdicts import Ruling, Verdict

SHORTEST_PAUSE = 2.0
"""Seconds of the first pause between controls while the account is in doubt."""
A_MOMENT = timedelta(minutes=1)
"""A form of ghosts counts as proven only if a witness was found within this time before it was learnt."""
EVERY = timedelta(seconds=2)
"""Least time between two controls of one purpose while other calls are due."""


class Purpose(StrEnum):
    WITNESS = "witness"
    GHOST = "ghost"


def of(account: Account, kind: str) -> Control:
    return Control.objects.get_or_create(account=account, kind=kind)[0]


def wanted(
    control: Control,
    *,
    doubted: bool,
    since: datetime,
    with_witness: bool = True,
    waits_since: datetime = LONG_AGO,
    now: datetime,
    in_hand: Counter[str],
    idle: bool,
) -> list[Purpose]:
    """The controls that may leave now, so that both purposes vouch for answers up to `since`.

    `in_hand` counts the controls on their way. With nothing else to do (`idle`) controls leave at once. Otherwise one
    round vouches for all answers of `EVERY`, from the first one on, which came at `waits_since`.
    """
    if control.next_at is not None and control.next_at > now:
        return []
    usual = usual_form(control, now=now)
    known = usual != ""
    due = []
    # The witness comes first, since there may be more ghosts than slots.
    if with_witness and (control.witness_at is None or control.witness_at < since):
        due.append((Purpose.WITNESS, control.witness_asked_at, 1))
    # In doubt the witness is what matters; the form of ghosts is learnt again afterwards.
    ghost_is_old = (control.ghost_at is None or control.ghost_at < since) and not doubted
    if ghost_is_old or not known or usual == THERE:
        due.append((Purpose.GHOST, control.ghost_asked_at, 1 if known else ghost_forms.leader(control, now)[1]))
    hurried = idle or not known
    if not hurried and waits_since > now - EVERY:
        return []
    return [
        purpose
        for purpose, asked_at, number in due
        if in_hand[purpose] < number and (hurried or asked_at is None or asked_at <= now - EVERY)
    ]


def note_exhausted(kind: str, *, now: datetime) -> None:
    """Records that the register has no further task that could be the witness. Needs a transaction."""
    account = accounts.locked()
    control = of(account, kind)
    control.exhausted, control.witness_asked_at = True, now
    why = account.doubt or doubts.why_not(control, account, now=now)
    if why:
        control.next_at = now + timedelta(seconds=SHORTEST_PAUSE)
    if account.doubt:
        control.next_at = _next_at(control, account, at=now)
    control.save()
    if why and not account.doubt:
        doubts.begin(account, why, now=now)


def learn(control: Control, purpose: str, *, task_id: str, verdict: Verdict, sent_at: datetime, at: datetime) -> None:
    """Records a control's answer. Needs the transaction that completes its call, with the account locked."""
    usual = usual_form(control, now=at)
    if purpose == Purpose.WITNESS:
        good = _learn_witness(control, task_id, verdict, usual, sent_at, at)
        # Until the form of ghosts is known, an answer without the task says nothing.
        silent = verdict.ruling != Ruling.ABSENT or usual != ""
        control.silent_witnesses = 0 if good else control.silent_witnesses + silent
    else:
        good = _learn_ghost(control, verdict, sent_at, at)
        control.silent_ghosts = 0 if good else control.silent_ghosts + 1
    setattr(control, f"{purpose}_asked_at", at)
    control.save()
    account = control.account
    doubts.reconsider(account, sent_at=sent_at, now=at)
    Control.objects.filter(pk=control.pk).update(next_at=_next_at(control, account, at=at))


def _next_at(control: Control, account: Account, *, at: datetime) -> datetime:
    """When the next control may leave. In doubt the pauses grow with the time that the doubt lasts."""
    if account.doubt and account.doubted_at:
        lasted = (at - account.doubted_at).total_seconds() / 2
        return at + timedelta(seconds=min(LONGEST_PAUSE, max(SHORTEST_PAUSE, lasted)))
    if not usual_form(control, now=at) and len(ghost_forms.recent(control, at)) >= 2 * GHOSTS:
        # Ghosts are answered in several forms, perhaps for long.
        return at + EVERY
    # The first repeats have no pause: another task may be found, and one busy answer says nothing.
    pause = doubts.silences(control) - MISSES + 1
    return at + timedelta(seconds=growing_pause(pause, jitter=0.5)) if pause > 0 else at


def note_void(control: Control, *, at: datetime) -> None:
    """Records that a witness was deleted while it was looked up, so that its absence says nothing."""
    next_at = _next_at(control, control.account, at=at)
    Control.objects.filter(pk=control.pk).update(witness_asked_at=at, next_at=next_at)


def _learn_witness(
    control: Control, task_id: str, verdict: Verdict, usual: str, sent_at: datetime, at: datetime
) -> bool:
    if verdict.ruling == Ruling.THERE:
        if usual not in {"", THERE} and not control.account.doubt:
            control.proven_form = usual
        if usual != THERE and control.account.doubt:
            # Ghosts may have been answered like all other tasks during the doubt, so those forms are dropped.
            control.forms = []
        if newly_lost := [one for one in control.missed if one not in control.lost]:
            # For a moment no task may have been found, existing ones included: look-ups before now are made again.
            Account.objects.filter(pk=control.account_id).update(trusted_since=sent_at)
            control.lost = [*control.lost, *newly_lost][-MOST_MISSED:]
        # `sent_at`, not `at`: the witness vouches only for what was answered before it was asked about.
        control.witness, control.witness_at, control.missed, control.exhausted = task_id, sent_at, [], False
        Account.objects.filter(pk=control.account_id).update(proven_at=at, accepted_by="")
        return True
    if not verdict.form or verdict.form != usual:
        control.unsteady_at = at if usual or not verdict.form else control.unsteady_at
    elif task_id not in control.missed and len(control.missed) < MOST_MISSED:
        control.missed = [*control.missed, task_id]
    return False


def _learn_ghost(control: Control, verdict: Verdict, sent_at: datetime, at: datetime) -> bool:
    if not verdict.form:
        control.unsteady_at = at
        return False
    control.forms = [*ghost_forms.recent(control, at), [at.timestamp(), verdict.form]][-REMEMBERED:]
    leader, lacking = ghost_forms.leader(control, at)
    if verdict.form != leader:
        control.unsteady_at = at
        return False
    if not lacking:
        control.ghost_at = max(sent_at, control.ghost_at or sent_at)
        if not control.proven_form and leader != THERE and control.witness_at and control.witness_at >= at - A_MOMENT:
            control.proven_form = leader
    return leader != THERE


def fails_alone(purpose: str, verdict: Verdict) -> bool:
    """Whether a missing answer to this call delays no other call: it only checks, or vouches."""
    return purpose in {*Purpose, "verify", "inspect"} and verdict.ruling == Ruling.LOST


def look_again(account: Account, *, now: datetime) -> None:
    """Lets the next controls leave at once, after a person said that the trouble is over."""
    account.controls.update(next_at=now)


def forget_the_future(*, now: datetime, beyond: datetime) -> None:
    """Clears moments in the future, which were set by a clock that was wrong."""
    for name in ("witness_at", "witness_asked_at", "ghost_at", "ghost_asked_at", "next_at"):
        Control.objects.filter(**{f"{name}__gt": beyond}).update(**{name: None})
    for name in ("trusted_since", "doubted_at", "proven_at"):
        Account.objects.filter(**{f"{name}__gt": beyond}).update(**{name: now})


def heed_key(*, now: datetime) -> None:
    """If the API key has changed, forgets what was learnt with the former key."""
    account, key = accounts.current(), accounts.current_key()
    if account.key != key:
        fresh = {"doubt": "", "doubted_at": None, "proven_at": None, "accepted_by": "", "lag": 0}
        if Account.objects.filter(pk=account.pk, key=account.key).update(key=key, trusted_since=now, **fresh):
            account.controls.all().delete()
