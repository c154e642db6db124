"""Decides when an account's look-ups can't be trusted: then nothing is concluded until a witness is found again."""

from __future__ import annotations

from datetime import datetime

from dashboard.audit import chain
from dashboard.calls.ghost_forms import THERE, usual_form
from dashboard.calls.judging import stands_without_witness
from dashboard.calls.models import Account, Control

MISSES = 3
"""Missed witnesses in a row before the account is in doubt."""
MOST_MISSED = 20
"""Missed witnesses after which the register counts as having none."""
SILENCES = 5
"""Controls in a row without a usable answer before the account is in doubt."""
BY_ITSELF = "It goes on by itself when that is put right."
NO_WITNESS = (
    "No task of the register is known to exist, so nothing vouches for TensorsLab's answers. "
    f"Accept these answers, or import a task that exists. {BY_ITSELF}"
)


def reconsider(account: Account, *, sent_at: datetime, now: datetime) -> None:
    """Begins or ends the doubt, according to all controls of the account."""
    account.refresh_from_db()
    why = next(filter(None, (why_not(one, account, now=now) for one in account.controls.order_by("kind"))), "")
    if why:
        begin(account, why, now=now)
    elif account.doubt:
        account.doubt, account.doubted_at, account.trusted_since = "", None, sent_at
        account.save(update_fields=["doubt", "doubted_at", "trusted_since"])
        chain.append(actor="", action="account.trusted", subject=account.host, detail={})


def begin(account: Account, why: str, *, now: datetime) -> None:
    if account.doubt == why:
        return
    account.doubt, account.doubted_at = why, account.doubted_at or now
    account.save(update_fields=["doubt", "doubted_at"])
    chain.append(actor="", action="account.doubted", subject=account.host, detail={"reason": why})


def is_doubtful(control: Control, account: Account, *, now: datetime) -> bool:
    return why_not(control, account, now=now) != ""


def why_not(control: Control, account: Account, *, now: datetime) -> str:
    """Why look-ups of the control's kind can't be trusted, as a sentence for people; empty if they can."""
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
    if silences(control) >= SILENCES:
        said = f" Last: {control.forms[-1][1]}." if control.forms else ""
        return f"Look-ups bring no usable answer, not even about tasks that exist.{said} {BY_ITSELF}"
    return ""


def silences(control: Control) -> int:
    return control.silent_ghosts if control.exhausted else max(control.silent_ghosts, control.silent_witnesses)


def may_accept(account: Account, *, now: datetime) -> bool:
    """Whether a person may accept answers that no witness vouches for: only if there is no witness to be had."""
    in_doubt = [control for control in account.controls.all() if is_doubtful(control, account, now=now)]
    return bool(account.doubt and in_doubt) and all(
        control.exhausted and usual_form(control, now=now) != THERE for control in in_doubt
    )


def accept(account: Account, *, by: str) -> None:
    """Trusts the ghost's form alone, seen twice, until a witness is found or the key changes.

    Witnesses that were missed count no longer: or a witness of the other kind, which proves the account, would end this
    acceptance and so begin the same doubt again.
    """
    Account.objects.filter(pk=account.pk).update(accepted_by=by, doubt="", doubted_at=None)
    for control in account.controls.filter(exhausted=True):
        lost = [*control.lost, *(one for one in control.missed if one not in control.lost)]
        Control.objects.filter(pk=control.pk).update(missed=[], lost=lost[-MOST_MISSED:])
