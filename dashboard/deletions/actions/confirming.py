"""Confirming a draft: its tasks are then deleted when its grace is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from dashboard.access.permissions import DELETE_TASKS, REFUSALS
from dashboard.calls import accounts
from dashboard.calls.sending import MISSING_KEY
from dashboard.database.folding import fold
from dashboard.deletions.actions.asking import Asking, By, NotYet, Refused, asked
from dashboard.deletions.actions.drafting import require_own_draft, require_young, rule_of
from dashboard.deletions.actions.scheduling import arm_if_small, schedule
from dashboard.deletions.approvals.decisions import ASKED, told
from dashboard.deletions.approvals.needs import reasons_of
from dashboard.deletions.drafts import freezing
from dashboard.deletions.drafts.rechecking import recheck
from dashboard.deletions.models import Deletion, State
from dashboard.pages import numbers
from dashboard.pages.foreign import is_blank

LONGEST_REASON = 500
PERSON_ASKED = "For so many tasks you have to show that it is you. Open the page of this deletion and confirm it there."
NOT_FROZEN = "These tasks are still being written down. Wait for the number, then confirm it."


class Invalid(Exception):
    """The form is not valid; `errors` has a sentence for each field, under `""` for the form as a whole."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


class Changed(Exception):
    """The set is another than the one that was confirmed. The text is for the person who asked."""


BECAME_BUSY = (
    "Some of these tasks became busy or held meanwhile and are skipped now. Read the new numbers, then confirm again."
)
NOT_AS_SEEN = (
    "Tasks were removed from this deletion after you opened this page. Read the new numbers, then confirm again."
)
NOW_ASKS = "Somebody else has to agree to this now. Read why, then ask for it."
NO_LONGER_ASKS = "Nobody else has to agree to this any more. Read it once more, then confirm."


def is_typed_needed(deletion: Deletion) -> bool:
    return deletion.size > settings.DELETION_TYPED_ABOVE


def wrong_reason(reason: str) -> str:
    """Why this can't be the reason of a deletion; empty if it can."""
    if is_blank(reason):
        return "Give a reason. It stays in the history."
    if len(reason) > LONGEST_REASON:
        return f"The reason has {len(reason):,} characters. Use at most {LONGEST_REASON}."
    return "The reason holds a NUL character. Remove it." if "\x00" in reason else ""


def check_confirmation(deletion: Deletion, *, reason: str, typed: str) -> dict[str, str]:
    errors = {}
    if wrong := wrong_reason(reason):
        errors["reason"] = wrong
    if is_typed_needed(deletion) and (wrong := numbers.not_typed(typed, number=deletion.size)):
        errors["typed"] = wrong
    if not deletion.size:
        errors[""] = "There is nothing to delete: every task was skipped."
    elif not settings.TENSORSLAB_API_KEY:
        errors[""] = MISSING_KEY
    elif deletion.host != accounts.current_host():
        errors[""] = f"This was drafted for {deletion.host}; the dashboard now sends to {accounts.current_host()}."
    return errors


def confirm(
    *,
    deletion: Deletion,
    by: By,
    reason: str,
    typed: str,
    now: datetime,
    seen: str = "",
    asks: bool | None = None,
    shown: bool = False,
    by_itself: bool = False,
    require: Callable[[], None] | None = None,
) -> None:
    """Schedules a draft, or has it wait for approval. Raises `Invalid`, `Refused` (not a draft of this person),
    `Changed` (draft made anew).

    `seen` is the fingerprint of what the person was shown: another tab may have removed tasks since. `asks` is whether
    the button that was pressed asks for approval; None if there was no button. `shown` is whether this person has just
    shown that it is them. `by_itself`: nobody pressed a button; a rule or a policy confirms, as this person had agreed
    to beforehand. `require` raises `Refused` where that holds no more, and locks what must not change until the commit.
    """
    large = deletion.total > freezing.AT_ONCE
    if large:
        _look_once_more(deletion, by, now=now)
    with asked(by) as asking:
        if require:
            require()
        draft = _locked(asking, deletion, seen=seen, now=now)
        # Not raised here: the new draft must be committed.
        changed = not large and recheck(draft, now=now)
        if not changed:
            _require_all_said(draft, reason=reason.strip(), typed=typed, shown=shown)
            reasons = reasons_of(draft, now=now)
            _require_same_button(asks, reasons)
            draft.by_itself = by_itself
            _confirmed(draft, asking, reason=reason.strip(), reasons=reasons, now=now)
    if changed:
        raise Changed(BECAME_BUSY)
    if not reasons:
        arm_if_small(draft, now=now)


def _locked(asking: Asking, deletion: Deletion, *, seen: str, now: datetime) -> Deletion:
    """The draft as it is now, if it is the one that was shown and its person may still confirm it."""
    _, draft = asking.lock(deletion)
    _require_confirmable(draft, asking.by, now=now)
    _require_person(asking.by)
    if seen not in {"", draft.fingerprint}:
        raise Changed(NOT_AS_SEEN)
    return draft


def _require_all_said(draft: Deletion, *, reason: str, typed: str, shown: bool) -> None:
    if errors := check_confirmation(draft, reason=reason, typed=typed):
        raise Invalid(errors)
    if is_person_asked(draft) and not shown:
        raise Refused(PERSON_ASKED)


def _require_same_button(asks: bool | None, reasons: list[str]) -> None:
    if asks is not None and asks != bool(reasons):
        raise Changed(NOW_ASKS if reasons else NO_LONGER_ASKS)


def is_person_asked(deletion: Deletion) -> bool:
    """Whether who confirms this many must have shown just now that it is them (`access/signing_in/fresh.py`)."""
    return settings.DELETION_REAUTH_ABOVE is not None and deletion.size > settings.DELETION_REAUTH_ABOVE


def _require_person(by: By) -> None:
    """Reading a large set takes seconds, in which the account may be closed. Its row stays locked: who closes it later
    finds this deletion confirmed, and can stop it."""
    person = User.objects.select_for_update(no_key=True).filter(pk=by.user.pk, is_active=True).first()
    if person is None or not person.has_perm(DELETE_TASKS):
        raise Refused(REFUSALS[DELETE_TASKS])


def keep_reason(*, deletion: Deletion, by: By, reason: str, now: datetime) -> None:
    """Keeps what was typed while the person shows that it is them."""
    with asked(by) as asking:
        draft = asking.lock_alone(deletion)
        _require_confirmable(draft, by, now=now)
        same = Deletion.objects.filter(pk=draft.pk, state=State.DRAFT)
        same.update(reason=reason.strip(), reason_folded=fold(reason.strip()))
        asking.record("deletion.person_asked", draft, tasks=draft.size)


def _look_once_more(deletion: Deletion, by: By, *, now: datetime) -> None:
    """Checks a large draft again. Reading a million rows takes seconds, in which no process may wait for the account's
    lock. Tasks that become busy or held later are skipped when the deletion is armed, like those that do so after the
    confirmation."""
    _require_confirmable(deletion, by, now=now)
    if recheck(deletion, now=now):
        # A second request may have confirmed it meanwhile, and its tasks look busy because they are its own.
        deletion.refresh_from_db()
        _require_confirmable(deletion, by, now=now)
        raise Changed(BECAME_BUSY)


def _confirmed(draft: Deletion, asking: Asking, *, reason: str, reasons: list[str], now: datetime) -> None:
    fields: dict[str, Any] = {"reason": reason, "reason_folded": fold(reason), "confirmed_at": now}
    fields |= {"by_itself": draft.by_itself}
    if reasons:
        asked_for = {"approval_asked_at": now, "approval_reasons": reasons}
        Deletion.objects.filter(pk=draft.pk, state=State.DRAFT).update(
            state=State.AWAITING_APPROVAL, **fields, **asked_for
        )
    else:
        schedule(draft, now=now, **fields)
    asking.record(
        "deletion.confirmed",
        draft,
        tasks=draft.size,
        total=draft.total,
        fingerprint=draft.fingerprint,
        manifest=draft.manifest_hash,
        reason=reason,
        host=draft.host,
        confirmed_at=now.isoformat(),
        **rule_of(draft),
        **({"by_itself": True} if draft.by_itself else {}),
    )
    if reasons:
        asking.record(ASKED, draft, **told(draft), why=reasons)


def _require_confirmable(draft: Deletion, by: By, *, now: datetime) -> None:
    require_own_draft(draft, by)
    require_young(draft, now=now)
    if not draft.is_frozen:
        raise NotYet(NOT_FROZEN)
