"""What a look-up is worth. It is a `Claim` until a witness and a ghost were answered after it; then `judge` tells:

- "no such task" is believed if the witness is found, and only in the form in which ghosts are usually answered;
- "still there" is believed if ghosts are not;
- everything else is no answer.

Without a witness the ghost's form, seen twice, is believed if the account is proven or a person accepted its answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.calls.ghost_forms import REMEMBERED_FOR, THERE, usual_form
from dashboard.calls.models import Account, Control

FRESH = timedelta(minutes=10)
"""Age at which a claim without controls is void, so that the look-up is made again."""
PROVEN_FOR = timedelta(hours=48)
"""How long an account counts as ours after something was seen there, if no witness is left."""


class Finding(StrEnum):
    """The worth of a claim."""

    GONE = "gone"
    THERE = "there"
    NOTHING = "nothing"
    """No answer: neither a task nor the form of ghosts."""
    VOID = "void"
    """Made at a time that no control vouches for. It says nothing, and is no failure."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The answer to one look-up, and when it was made."""

    form: str
    sent_at: datetime
    answered_at: datetime


@dataclass(frozen=True, kw_only=True)
class Judgement:
    finding: Finding
    witnessed: bool = True
    """A witness vouches for it, and recent answers had one form; if False, one look-up is not enough."""


def judge(
    claim: Claim, *, control: Control, account: Account, now: datetime, ghost_is_enough: bool = False
) -> Judgement | None:
    """What a claim is worth; None while the controls that decide it have no answer yet.

    `ghost_is_enough` if another look-up, with a witness of its own, has proven the account.
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
    """Whether a control came after a claim. A control later than now was timed by a wrong clock."""
    return moment is not None and earlier <= moment <= now


def is_steady(control: Control, *, now: datetime) -> bool:
    return control.unsteady_at is None or control.unsteady_at < now - REMEMBERED_FOR


def stands_without_witness(account: Account, control: Control, *, now: datetime) -> bool:
    """Whether answers are believed without a witness: ghosts are answered as before, and no witness was missed."""
    if account.accepted_by:
        return True
    proven = account.proven_at is not None and account.proven_at >= now - PROVEN_FOR
    as_before = {"", *account.controls.exclude(proven_form="").values_list("proven_form", flat=True)}
    return proven and not control.missed and usual_form(control, now=now) in as_before
