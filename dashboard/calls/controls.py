"""Whether look-ups can be believed. A look-up proves nothing by itself: "no such task" has the code of every failure.

Beside doubtful look-ups two others are made: of a *witness*, a task that is known to exist, and of a *ghost*, an id
that never did. What a look-up says is a `Claim` until both have answered after it; then `judge` tells what it is worth:

- "no such task" is believed while the witness is found, and only in the very form in which ghosts are usually answered;
- "still there" is believed while ghosts are not;
- everything else is no answer.

How ghosts are usually answered is learnt by majority over minutes, since one of them may meet a busy moment. When the
witness is not found, the account is in doubt: nothing is concluded, and controls are repeated with growing pauses until
it is found again. When no witness is left, an account that is proven to be ours (or whose answers a person accepted)
is believed in the ghost's form alone, twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dashboard.audit import chain
from dashboard.calls import accounts
from dashboard.calls.models import LONG_AGO, Account, Control
from dashboard.calls.policy import LONGEST_PAUSE, growing_pause
from dashboard.calls.verdicts import Ruling, Verdict

THERE = "there"
"""The form of every answer that describes a task."""
GHOSTS = 5
"""So many answers of one form make it the usual one, where no ghost was answered otherwise."""
DISPUTED = 12
"""By so many answers it must lead where ghosts are answered in several ways. Should three look-ups in ten be busy, that
is taken for the usual form once in 26,000 times, (3/7)^12; a lead of five would be reached once in 70 times."""
REMEMBERED, REMEMBERED_FOR = 60, timedelta(minutes=10)
"""How many answers to ghosts are looked at, and how old they may be."""
MISSES = 3
"""Tasks that are not found in a row before the account is in doubt."""
MOST_MISSED = 20
"""Tasks that are not found before it counts as certain that the register has no witness."""
SILENCES = 5
"""Controls in a row without a usable answer before the account is in doubt."""
SHORTEST_PAUSE = 2.0
"""Seconds between controls of an account that is in doubt, at first."""
A_MOMENT = timedelta(minutes=1)
"""So shortly before the form of ghosts was learnt for the first time a witness must have been found."""
EVERY = timedelta(seconds=2)
"""Controls of one kind are not made more often while other calls are due."""
FRESH = timedelta(minutes=10)
"""A claim that nobody vouched for within this time is asked for anew."""


BY_ITSELF = "It goes on by itself when that is put right."
NO_WITNESS = (
    "No task of the register is known to exist, so nothing vouches for TensorsLab's answers. "
    f"Accept these answers, or import a task that exists. {BY_ITSELF}"
)


PROVEN_FOR = timedelta(hours=48)
"""How long an account of which anything was seen counts as ours, should no witness be left."""


class Purpose(StrEnum):
    WITNESS = "witness"
    GHOST = "ghost"


class Finding(StrEnum):
    """What a claim turned out to be worth."""

    GONE = "gone"
    THERE = "there"
    NOTHING = "nothing"
    """No answer: neither what there is, nor what a ghost is told."""
    VOID = "void"
    """Asked at a time that nothing vouches for. It says nothing, and nobody is to blame."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What one look-up said, and when it was made."""

    form: str
    sent_at: datetime
    answered_at: datetime


@dataclass(frozen=True, kw_only=True)
class Judgement:
    finding: Finding
    witnessed: bool = True
    """A witness vouches for it, and answers were steady of late: otherwise one look-up is not enough."""


def of(account: Account, kind: str) -> Control:
    return Control.objects.get_or_create(account=account, kind=kind)[0]


def usual_form(control: Control, *, now: datetime) -> str:
    """How ghosts are answered. Empty while that is not known."""
    form, lacking = _leader(control, now)
    return "" if lacking else form


def _leader(control: Control, now: datetime) -> tuple[str, int]:
    """The form in which most ghosts were answered of late, and how many more answers would make it the usual one."""
    first, second = [*Counter(form for _, form in _recent(control, now)).most_common(2), ("", 0), ("", 0)][:2]
    lead = first[1] - second[1]
    return first[0], max(0, (DISPUTED if second[1] else GHOSTS) - lead)


def _recent(control: Control, now: datetime) -> list[list[Any]]:
    since, until = (now - REMEMBERED_FOR).timestamp(), now.timestamp()
    return [entry for entry in control.forms if since <= entry[0] <= until][-REMEMBERED:]


def is_unproven(control: Control) -> bool:
    """Whether a witness is still to be found while it is known how ghosts are answered."""
    return not control.proven_form and not control.exhausted


def is_steady(control: Control, *, now: datetime) -> bool:
    return control.unsteady_at is None or control.unsteady_at < now - REMEMBERED_FOR


def judge(
    claim: Claim, *, control: Control, account: Account, now: datetime, ghost_is_enough: bool = False
) -> Judgement | None:
    """What a claim is worth; None while the controls that could tell have not answered.

    `ghost_is_enough` where another look-up, with a witness of its own, has proven the account.
    """
    asked_too_early = account.trusted_since is not None and claim.sent_at < account.trusted_since
    if asked_too_early or claim.answered_at < now - FRESH:
        return Judgement(finding=Finding.VOID)
    usual = usual_form(control, now=now)
    if not usual or not _is_between(claim.answered_at, control.ghost_at, now):
        return None
    if usual == THERE:
        return Judgement(finding=Finding.NOTHING)
    if claim.form == THERE:
        return Judgement(finding=Finding.THERE)
    if claim.form != usual:
        return Judgement(finding=Finding.NOTHING)
    if _is_between(claim.answered_at, control.witness_at, now):
        return Judgement(finding=Finding.GONE, witnessed=is_steady(control, now=now))
    stands = control.exhausted and stands_without_witness(account, control, now=now)
    if stands or (ghost_is_enough and not account.doubt):
        return Judgement(finding=Finding.GONE, witnessed=False)
    return None


def _is_between(earlier: datetime, moment: datetime | None, now: datetime) -> bool:
    """Whether a control came after a claim; one that seems to come later than now knew another time."""
    return moment is not None and earlier <= moment <= now


def stands_without_witness(account: Account, control: Control, *, now: datetime) -> bool:
    """Whether answers are believed although no witness is left: while ghosts are answered as when there was one, and no
    task that should exist was looked for in vain."""
    if account.accepted_by:
        return True
    proven = account.proven_at is not None and account.proven_at >= now - PROVEN_FOR
    as_before = {"", *account.controls.exclude(proven_form="").values_list("proven_form", flat=True)}
    return proven and not control.missed and usual_form(control, now=now) in as_before


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
    """Which controls may leave now so that both vouch for what was answered up to `since`.

    `in_hand` counts those on their way. When there is nothing else to do (`idle`) none has to wait for the next round.
    Otherwise answers wait for one another for so long as rounds are apart: the first one came at `waits_since`.
    """
    if control.next_at is not None and control.next_at > now:
        return []
    usual = usual_form(control, now=now)
    known = usual != ""
    due = []
    # First, since ghosts may be more than there are slots.
    if with_witness and (control.witness_at is None or control.witness_at < since):
        due.append((Purpose.WITNESS, control.witness_asked_at, 1))
    # In doubt it is the witness that matters; how ghosts are answered is learnt anew when it is over.
    ghost_is_old = (control.ghost_at is None or control.ghost_at < since) and not doubted
    if ghost_is_old or not known or usual == THERE:
        due.append((Purpose.GHOST, control.ghost_asked_at, 1 if known else _leader(control, now)[1]))
    hurried = idle or not known
    if not hurried and waits_since > now - EVERY:
        return []
    return [
        purpose
        for purpose, asked_at, number in due
        if in_hand[purpose] < number and (hurried or asked_at is None or asked_at <= now - EVERY)
    ]


def note_exhausted(kind: str, *, now: datetime) -> None:
    """The register has no task, or no further one, that could be the witness. In a transaction."""
    account = accounts.locked()
    control = of(account, kind)
    control.exhausted, control.witness_asked_at = True, now
    why = account.doubt or _why(control, account, now=now)
    if why:
        control.next_at = now + timedelta(seconds=SHORTEST_PAUSE)
    if account.doubt:
        control.next_at = _next_at(control, account, at=now)
    control.save()
    if why and not account.doubt:
        doubt(account, why, now=now)


def learn(control: Control, purpose: str, *, task_id: str, verdict: Verdict, sent_at: datetime, at: datetime) -> None:
    """Keeps what a control answered at a moment. Inside the transaction that completes its call, the account locked."""
    usual = usual_form(control, now=at)
    if purpose == Purpose.WITNESS:
        good = _learn_witness(control, task_id, verdict, usual, sent_at, at)
        # Before it is known how ghosts are answered, an answer without the task says nothing yet.
        silent = verdict.ruling != Ruling.ABSENT or usual != ""
        control.silent_witnesses = 0 if good else control.silent_witnesses + silent
    else:
        good = _learn_ghost(control, verdict, sent_at, at)
        control.silent_ghosts = 0 if good else control.silent_ghosts + 1
    setattr(control, f"{purpose}_asked_at", at)
    control.save()
    account = control.account
    _reconsider(account, sent_at=sent_at, now=at)
    Control.objects.filter(pk=control.pk).update(next_at=_next_at(control, account, at=at))


def _next_at(control: Control, account: Account, *, at: datetime) -> datetime:
    """When the next control may leave. In doubt the pauses grow with the time that it lasts."""
    if account.doubt and account.doubted_at:
        lasted = (at - account.doubted_at).total_seconds() / 2
        return at + timedelta(seconds=min(LONGEST_PAUSE, max(SHORTEST_PAUSE, lasted)))
    if not usual_form(control, now=at) and len(_recent(control, at)) >= 2 * GHOSTS:
        # They are answered in several ways, and may be for long.
        return at + EVERY
    # Repeated at once at first: another task may be found, and one busy answer says nothing.
    pause = _silences(control) - MISSES + 1
    return at + timedelta(seconds=growing_pause(pause, jitter=0.5)) if pause > 0 else at


def note_void(control: Control, *, at: datetime) -> None:
    """A witness was deleted while it was asked about: that it is gone says nothing."""
    next_at = _next_at(control, control.account, at=at)
    Control.objects.filter(pk=control.pk).update(witness_asked_at=at, next_at=next_at)


def _silences(control: Control) -> int:
    return control.silent_ghosts if control.exhausted else max(control.silent_ghosts, control.silent_witnesses)


def _learn_witness(
    control: Control, task_id: str, verdict: Verdict, usual: str, sent_at: datetime, at: datetime
) -> bool:
    if verdict.ruling == Ruling.THERE:
        if usual not in {"", THERE} and not control.account.doubt:
            control.proven_form = usual
        if usual != THERE and control.account.doubt:
            # How ghosts were answered meanwhile may be how everything was.
            control.forms = []
        if newly_lost := [one for one in control.missed if one not in control.lost]:
            # Perhaps for a moment nothing that should exist was found: what was asked until now is asked again.
            Account.objects.filter(pk=control.account_id).update(trusted_since=sent_at)
            control.lost = [*control.lost, *newly_lost][-MOST_MISSED:]
        # What was asked after a claim vouches for it; an answer may have been under way for long.
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
    control.forms = [*_recent(control, at), [at.timestamp(), verdict.form]][-REMEMBERED:]
    leader, lacking = _leader(control, at)
    if verdict.form != leader:
        control.unsteady_at = at
        return False
    if not lacking:
        control.ghost_at = max(sent_at, control.ghost_at or sent_at)
        if not control.proven_form and leader != THERE and control.witness_at and control.witness_at >= at - A_MOMENT:
            control.proven_form = leader
    return leader != THERE


def _reconsider(account: Account, *, sent_at: datetime, now: datetime) -> None:
    """Begins or ends the doubt, by what all its controls have found."""
    account.refresh_from_db()
    why = next(filter(None, (_why(one, account, now=now) for one in account.controls.order_by("kind"))), "")
    if why:
        doubt(account, why, now=now)
    elif account.doubt:
        account.doubt, account.doubted_at, account.trusted_since = "", None, sent_at
        account.save(update_fields=["doubt", "doubted_at", "trusted_since"])
        chain.append(actor="", action="account.trusted", subject=account.host, detail={})


def fails_alone(purpose: str, verdict: Verdict) -> bool:
    """Whether a call without an answer holds nothing else up: one that only checks, or vouches."""
    return purpose in {*Purpose, "verify", "inspect"} and verdict.ruling == Ruling.LOST


def is_doubtful(control: Control, account: Account, *, now: datetime) -> bool:
    return _why(control, account, now=now) != ""


def doubt(account: Account, why: str, *, now: datetime) -> None:
    """From now on nothing is concluded from look-ups, until controls are good again."""
    if account.doubt == why:
        return
    account.doubt, account.doubted_at = why, account.doubted_at or now
    account.save(update_fields=["doubt", "doubted_at"])
    chain.append(actor="", action="account.doubted", subject=account.host, detail={"reason": why})


def _why(control: Control, account: Account, *, now: datetime) -> str:
    """Why look-ups of its kind can't be trusted, for people; empty when nothing speaks against them."""
    if usual_form(control, now=now) == THERE:
        return f"TensorsLab finds {control.kind} tasks that never existed, so its look-ups say nothing. {BY_ITSELF}"
    stands = control.exhausted and stands_without_witness(account, control, now=now)
    if control.exhausted and not control.missed and not stands:
        return NO_WITNESS
    if (control.exhausted or len(control.missed) >= MISSES) and control.missed and not stands:
        known = control.witness if control.witness in control.missed else control.missed[0]
        return (
            f"TensorsLab answers as if none of your tasks existed, not even {known}: is this key of the "
            f"right account? Nothing is called gone. {BY_ITSELF}"
        )
    if _silences(control) >= SILENCES:
        said = f" Last: {control.forms[-1][1]}." if control.forms else ""
        return f"Look-ups bring no usable answer, not even about tasks that exist.{said} {BY_ITSELF}"
    return ""


def may_accept(account: Account, *, now: datetime) -> bool:
    """Whether a person may accept answers that nothing vouches for: only where no witness can be had."""
    in_doubt = [control for control in account.controls.all() if is_doubtful(control, account, now=now)]
    return bool(account.doubt and in_doubt) and all(
        control.exhausted and usual_form(control, now=now) != THERE for control in in_doubt
    )


def accept(account: Account, *, by: str) -> None:
    """From now on the ghost's form alone, twice, is believed: until a witness is found, or the key changes."""
    Account.objects.filter(pk=account.pk).update(accepted_by=by, doubt="", doubted_at=None)


def look_again(account: Account, *, now: datetime) -> None:
    """A person says that it was put right: the next controls need not wait."""
    account.controls.update(next_at=now)


def forget_the_future(*, now: datetime, beyond: datetime) -> None:
    """What a clock that has been put back since says of a time to come."""
    for name in ("witness_at", "witness_asked_at", "ghost_at", "ghost_asked_at", "next_at"):
        Control.objects.filter(**{f"{name}__gt": beyond}).update(**{name: None})
    for name in ("trusted_since", "doubted_at", "proven_at"):
        Account.objects.filter(**{f"{name}__gt": beyond}).update(**{name: now})


def heed_key(*, now: datetime) -> None:
    """What was found out with another key says nothing of this one."""
    account, key = accounts.current(), accounts.current_key()
    if account.key != key:
        fresh = {"doubt": "", "doubted_at": None, "proven_at": None, "accepted_by": "", "lag": 0}
        if Account.objects.filter(pk=account.pk, key=account.key).update(key=key, trusted_since=now, **fresh):
            account.controls.all().delete()
