"""What a person can ask of a deletion. Each rule lives here once; views only put the question and show the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from dashboard.audit import chain
from dashboard.calls import accounts, controls, doubts
from dashboard.calls.models import ProviderCall
from dashboard.calls.sending import MISSING_KEY
from dashboard.database import sql
from dashboard.database.folding import fold
from dashboard.deletions.dispatch import agenda, arming, restoring
from dashboard.deletions.dispatch.jobs import freeze, wake, wake_freezing
from dashboard.deletions.dispatch.settlement import corrected
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.deletions.moves import mark_tasks, shift_counters
from dashboard.pages import numbers
from dashboard.pages.foreign import is_blank, plain
from dashboard.register import selecting
from dashboard.register.models import Selection, TrackedTask

LONGEST_REASON = 500
NOT_FROZEN = "These tasks are still being written down. Wait for the number, then confirm it."


class Refused(Exception):
    """The request can't be carried out as things stand. The text is for the person who asked."""


class NotYet(Refused):
    """It can be in a moment."""


class Invalid(Exception):
    """What was typed is not enough; `errors` has a sentence for each field, `""` for the whole."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


class Changed(Exception):
    """The set had to be frozen anew: some of its tasks became busy or held meanwhile."""


@dataclass(frozen=True, kw_only=True)
class By:
    """Who asks, and from where."""

    user: User
    address: str = ""

    def record(self, action: str, deletion: Deletion, **detail: object) -> None:
        """The audit event of this act; its transaction's last statement."""
        name = self.user.get_username()
        chain.append(actor=name, address=self.address, action=action, subject=str(deletion.uuid), detail=detail)


def draft(*, selection: Selection, by: By, back: str, now: datetime) -> Deletion:
    """Freezes what is selected: at once, or, when it is large, by a job."""
    if selecting.summary(selection).count <= freezing.AT_ONCE:
        return freezing.freeze(selection=selection, actor=by.user, back=back, now=now)
    with transaction.atomic():
        deletion = freezing.begin(selection=selection, actor=by.user, back=back, now=now)
        freeze.enqueue(str(deletion.uuid))
    return deletion


def watch_freezing(*, deletion: Deletion, now: datetime) -> None:
    """Somebody looks at a draft that is being frozen: it is made sure that it goes on."""
    with transaction.atomic():
        wake_freezing(deletion, now=now)


def is_typed_needed(deletion: Deletion) -> bool:
    return deletion.size > settings.DELETION_TYPED_ABOVE


def check_confirmation(deletion: Deletion, *, reason: str, typed: str) -> dict[str, str]:
    errors = {}
    if is_blank(reason):
        errors["reason"] = "Give a reason. It stays in the history."
    elif len(reason) > LONGEST_REASON:
        errors["reason"] = f"The reason has {len(reason):,} characters. Use at most {LONGEST_REASON}."
    elif "\x00" in reason:
        errors["reason"] = "The reason holds a NUL character. Remove it."
    if is_typed_needed(deletion) and numbers.whole(typed) != str(deletion.size):
        said = "You typed nothing." if is_blank(typed) else f"You typed {plain(typed.strip()[:40])}."
        errors["typed"] = f"Type {deletion.size} to confirm. {said}"
    if not deletion.size:
        errors[""] = "There is nothing to delete: every task was skipped."
    elif not settings.TENSORSLAB_API_KEY:
        errors[""] = MISSING_KEY
    elif deletion.host != accounts.current_host():
        errors[""] = f"This was drafted for {deletion.host}; the dashboard now sends to {accounts.current_host()}."
    return errors


def confirm(*, deletion: Deletion, by: By, reason: str, typed: str, now: datetime) -> None:
    """Schedules a draft. Raises `Invalid`, `Refused` (no draft of theirs), `Changed` (draft made anew)."""
    reason = reason.strip()
    # Reading a million rows takes seconds, in which nobody may wait for the account's lock. What becomes busy or held
    # after that is skipped when it is armed, as it is when it happens after the confirmation.
    large = deletion.total > freezing.AT_ONCE
    if large:
        _require_confirmable(deletion, by, now=now)
        if freezing.recheck(deletion, now=now):
            # Another press may have confirmed it meanwhile: what looks busy then is its own.
            deletion.refresh_from_db()
            _require_confirmable(deletion, by, now=now)
            raise Changed
    with transaction.atomic():
        accounts.locked()
        draft = Deletion.objects.select_for_update().get(pk=deletion.pk)
        _require_confirmable(draft, by, now=now)
        changed = not large and freezing.recheck(draft, now=now)
        if not changed:
            if errors := check_confirmation(draft, reason=reason, typed=typed):
                raise Invalid(errors)
            starts_at = now + timedelta(seconds=settings.DELETION_GRACE_SECONDS)
            Deletion.objects.filter(pk=draft.pk, state=State.DRAFT).update(
                state=State.SCHEDULED,
                reason=reason,
                reason_folded=fold(reason),
                confirmed_at=now,
                starts_at=starts_at,
                key=accounts.current_key(),
            )
            wake(starts_at if arming.is_small(draft) else now)
            by.record(
                "deletion.confirmed",
                draft,
                tasks=draft.size,
                total=draft.total,
                fingerprint=draft.fingerprint,
                manifest=draft.manifest_hash,
                reason=reason,
                host=draft.host,
                confirmed_at=now.isoformat(),
            )
    if changed:
        raise Changed
    if arming.is_small(draft):
        # Should this process die here, the next shift arms it.
        arming.in_chunks(arming.arm_chunk, draft, now=now)


def _require_confirmable(draft: Deletion, by: By, *, now: datetime) -> None:
    _require_own_draft(draft, by)
    if draft.created_at < now - freezing.DRAFT_LIFETIME:
        raise Refused("This draft is over an hour old. Select the tasks again.")
    if draft.freezing_at is not None:
        raise NotYet(NOT_FROZEN)


def _require_own_draft(draft: Deletion, by: By) -> None:
    if draft.state == State.DISCARDED:
        raise Refused("This draft was discarded. Its tasks were kept. Select them again.")
    if draft.state != State.DRAFT:
        raise Refused("This deletion was already confirmed.")
    if draft.actor_id != by.user.pk:
        raise Refused(f"This draft belongs to {plain(draft.actor_name)}. Select the tasks yourself to delete them.")


def keep(*, deletion: Deletion, by: By) -> None:
    with transaction.atomic():
        draft = Deletion.objects.select_for_update().get(pk=deletion.pk)
        if draft.state == State.DISCARDED:
            return
        _require_own_draft(draft, by)
        Deletion.objects.filter(pk=draft.pk, state=State.DRAFT).update(state=State.DISCARDED)


def undo(*, deletion: Deletion, by: By, now: datetime) -> None:
    with transaction.atomic():
        accounts.locked()
        in_time = Deletion.objects.filter(pk=deletion.pk, state=State.SCHEDULED, starts_at__gt=now)
        if not in_time.update(state=State.CANCELLED, finished_at=now, opened_at=now):
            if Deletion.objects.filter(pk=deletion.pk, state=State.CANCELLED).exists():
                raise Refused("This deletion was undone already. Every task is kept.")
            raise Refused("Too late to undo: the deletion has started. Use Stop the rest.")
        wake(now)
        by.record("deletion.undone", deletion)
    arming.in_chunks(arming.undo_chunk, deletion, now=now, at_most=1)


def pause(*, deletion: Deletion, by: By) -> None:
    with transaction.atomic():
        reason = f"Paused by {by.user.get_username()}."
        # What was stopped only looks up what is doubtful, and then it is finished: nothing is left to hold back.
        running = Deletion.objects.filter(pk=deletion.pk, state=State.RUNNING, stopped_at=None)
        if not running.update(state=State.PAUSED, paused_reason=reason, paused_by_account=False):
            raise Refused("Only a running deletion that was not stopped can be paused.")
        by.record("deletion.paused", deletion)


def resume(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Lets a paused deletion go on; one that the account stopped lets all of those go on."""
    if deletion.host != accounts.current_host():
        raise Refused(
            f"Confirmed for {deletion.host}, but this dashboard now sends to {accounts.current_host()}. "
            "Set TENSORSLAB_API_URL back to resume."
        )
    if not settings.TENSORSLAB_API_KEY:
        raise Refused(MISSING_KEY)
    with transaction.atomic():
        account = accounts.locked()
        if restoring.is_under_way():
            raise Refused(restoring.UNDER_WAY)
        paused = Deletion.objects.filter(pk=deletion.pk, state=State.PAUSED)
        controls.look_again(account, now=now)
        if account.doubt and not account.paused_reason and paused.filter(paused_by_account=True).exists():
            # It goes on when look-ups can be trusted again; that is looked at now.
            wake(now)
            by.record("deletion.resumed", deletion, doubt=account.doubt)
            return
        going_on = {"state": State.RUNNING, "paused_reason": "", "paused_by_account": False}
        if not paused.update(**going_on, key=accounts.current_key()):
            raise Refused("Only a paused deletion can be resumed.")
        Deletion.objects.filter(pk=deletion.pk).mostly_refused().update(refusals_accepted_at=now)
        Deletion.objects.filter(pk=deletion.pk).mostly_silent().update(refusals_accepted_at=now)
        Deletion.objects.filter(pk=deletion.pk).mostly_gone().update(absence_accepted_at=now)
        others = Deletion.objects.filter(state=State.PAUSED, paused_by_account=True, host=account.host)
        others.filter(key=deletion.key).update(**going_on, key=accounts.current_key())
        others.update(**going_on)
        accounts.resume(account)
        wake(now)
        other_key = {"key": accounts.current_key()} if deletion.key != accounts.current_key() else {}
        older = {"older": True} if accounts.is_older(account) else {}
        by.record("deletion.resumed", deletion, **other_key, **older)
    if older:
        # It was dealt with, so it is forgotten here.
        restoring.notice(now=now)


def accept(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Believes answers that nothing vouches for, since the register has no task that could: by name, in the log."""
    with transaction.atomic():
        account = accounts.locked()
        row = Deletion.objects.filter(pk=deletion.pk, state=State.PAUSED, paused_by_account=True, host=account.host)
        if not row.exists() or not doubts.may_accept(account, now=now):
            raise Refused("There is nothing to accept: TensorsLab's answers are vouched for, or are to be again.")
        doubts.accept(account, by=by.user.get_username())
        wake(now)
        by.record("account.accepted", deletion, doubt=account.doubt, host=account.host)
    agenda.heed_account(now=now)


def stop_rest(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Keeps what waits. What was sent before is looked up until it is known, then the deletion is finished."""
    # What waits in an older copy of the database may have been sent.
    restoring.notice(now=now)
    with transaction.atomic():
        accounts.locked()
        row = Deletion.objects.select_for_update().get(pk=deletion.pk)
        if restoring.is_under_way(row):
            raise Refused(restoring.UNDER_WAY)
        # Past its grace it counts as running, although no worker may have begun it yet.
        overdue = row.state == State.SCHEDULED and row.starts_at is not None and row.starts_at <= now
        again = row.stopped_at is not None
        if not (overdue or row.state == State.PAUSED or (row.state == State.RUNNING and not again)):
            raise Refused("Only a running or paused deletion can be stopped.")
        # No other call is made while its row is locked, nor afterwards.
        in_hand = list(ProviderCall.objects.in_hand().filter(deletion=row.uuid).values_list("pk", flat=True))
        changes: dict[str, object] = {"stopped_at": row.stopped_at or now}
        told: list[tuple[str, dict[str, object]]] = []
        elsewhere = bool(agenda.why_elsewhere(row))
        if overdue or (row.state == State.PAUSED and not row.paused_by_account and not elsewhere):
            changes |= {"state": State.RUNNING, "paused_reason": ""}
        elif again or elsewhere:
            told = _leave_unknown(row, now=now)
        Deletion.objects.filter(pk=row.pk).update(**changes)
        wake(now)
        for action, detail in told:
            chain.append(actor="", action=action, subject=str(row.uuid), detail=detail)
        by.record("deletion.stopped", deletion, waiting=row.waiting, in_hand=in_hand)
    arming.in_chunks(arming.keep_chunk, deletion, now=now, at_most=2)


def _leave_unknown(deletion: Deletion, *, now: datetime) -> list[tuple[str, dict[str, object]]]:
    """Returns what the audit log is to be told of it."""
    # Nobody looks them up at another address, with another key, or while the account is paused; they stay unknown, and
    # it may end.
    seen_there = deletion.items.filter(outcome=Outcome.DELETED, there_times__gt=0, verified=None)
    found = list(seen_there.values_list("tracked_id", "kind", "task_id"))
    tracked = [pk for pk, _, _ in found]
    number = seen_there.update(outcome=Outcome.UNKNOWN, evidence=None, open=False, settled_at=now)
    counters: dict[str, int] = {Outcome.DELETED: -number, Outcome.UNKNOWN: number}
    shift_counters(deletion.pk, counters, contradicted=0, topped_up_at=now, said=sql.Sql(f"said - {number:d}"))
    mark_tasks(tracked, outcome=Outcome.UNKNOWN, message="", deletion=deletion.uuid, now=now)
    open_unknown = deletion.items.filter(outcome=Outcome.UNKNOWN, open=True)
    open_unknown.update(open=False, not_before=None, settled_at=now)
    deletion.items.filter(Q(not_before__isnull=False) | Q(claim__isnull=False)).update(
        not_before=None, claim=None, inspection=None
    )
    waiting = deletion.items.filter(outcome=Outcome.WAITING, touched=True)
    moved = waiting.update(outcome=Outcome.UNKNOWN, open=False, settled_at=now)
    shift_counters(deletion.pk, {Outcome.WAITING: -moved, Outcome.UNKNOWN: moved})
    had_ended = found if deletion.checked_at else []
    return [corrected(kind, task, Outcome.DELETED, Outcome.UNKNOWN, "") for _, kind, task in had_ended]


def retry_refused(*, deletion: Deletion, by: By, now: datetime) -> Deletion:
    """A new draft of the refused tasks, its reason filled in."""
    refused = deletion.items.filter(outcome=Outcome.REFUSED)
    if deletion.state != State.FINISHED or not refused.exists():
        raise Refused("There is nothing to retry: no task of this deletion is refused.")
    if deletion.refused > freezing.AT_ONCE:
        with transaction.atomic():
            draft = freezing.begin(actor=by.user, reason=deletion.reason, retry_of=deletion, now=now)
            freeze.enqueue(str(draft.uuid))
        return draft
    return freezing.freeze_tasks(
        tasks=TrackedTask.objects.filter(pk__in=refused.values("tracked_id")),
        actor=by.user,
        reason=deletion.reason,
        retry_of=deletion,
        now=now,
    )


def check_unknown(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Has the unknown tasks looked up again; nothing is deleted by that."""
    with transaction.atomic():
        accounts.locked()
        row = Deletion.objects.select_for_update().get(pk=deletion.pk)
        taken = DeletionItem.objects.filter(tracked=OuterRef("tracked"), open=True)
        unknown = row.items.filter(outcome=Outcome.UNKNOWN, open=False).exclude(Exists(taken))
        if row.state != State.FINISHED or not unknown.exists():
            raise Refused("There is nothing to check: no task of this deletion is unknown.")
        unknown.update(
            open=True,
            not_before=now,
            failures=0,
            gone_times=0,
            there_times=0,
            if_there=DeletionItem.IfThere.TELL,
            inspection=None,
        )
        Deletion.objects.filter(pk=row.pk).update(
            state=State.RUNNING, checked_at=now, finished_at=None, closed_at=None, opened_at=None, stopped_at=None
        )
        wake(now)
        by.record("deletion.checked", deletion, unknown=row.unknown)


def note_opened(*, deletion: Deletion, user: User, now: datetime) -> None:
    """Takes the banner of a finished deletion away, once its requester has seen the deletion."""
    if deletion.state == State.FINISHED and deletion.actor_id == user.pk and deletion.opened_at is None:
        Deletion.objects.filter(pk=deletion.pk, state=State.FINISHED).update(opened_at=now)
