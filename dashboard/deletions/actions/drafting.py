"""Drafts a deletion of selected, refused or kept tasks, and discards a draft before it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from dashboard.deletions.actions.asking import Asking, By, Refused, asked
from dashboard.deletions.dispatch.jobs import freeze, wake_freezing
from dashboard.deletions.drafts import freezing
from dashboard.deletions.drafts.facts import stored_outside
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.pages.foreign import plain
from dashboard.register import selecting
from dashboard.register.models import Selection, TrackedTask
from dashboard.register.outside import Outside


def draft(
    *,
    selection: Selection,
    by: By,
    back: str,
    now: datetime,
    hidden: Outside | None = None,
    made: Mapping[str, Any] | None = None,
) -> Deletion:
    """Freezes what is selected: at once, or, when it is large, by a job. `hidden`: what of it no page of the list shows
    from which it is asked for. `made`: what else the row says: of a rule that made it, or a reason that is known."""
    about: dict[str, Any] = {"selection": selection, "actor": by.user, "back": back, "made": made, "now": now}
    facts = {"revision": selection.revision, "outside": stored_outside(hidden or Outside())}
    with asked(by) as asking:
        if selection.count <= freezing.AT_ONCE:
            deletion = freezing.freeze(**about, facts=facts)
        else:
            deletion = freezing.begin(**about, facts=facts)
            freeze.enqueue(str(deletion.uuid))
        record_draft(asking, deletion, **rule_of(deletion))
    return deletion


def rule_of(deletion: Deletion) -> dict[str, object]:
    """What entries of the log say of the rule or policy that made it. Its name is a person's words, and stays out."""
    if not deletion.drafted_by:
        return {}
    return {"rule": str(deletion.rule)} if deletion.rule else {"policy": True}


def retry_refused(*, deletion: Deletion, by: By, now: datetime) -> Deletion:
    """A new draft of the refused tasks, with the former reason."""
    refused = deletion.items.filter(outcome=Outcome.REFUSED)
    if deletion.state != State.FINISHED or not refused.exists():
        raise Refused("There is nothing to retry: no task of this deletion is refused.")
    return _take_up(deletion, refused, by=by, now=now)


def delete_kept(*, deletion: Deletion, by: By, now: datetime) -> Deletion:
    """A new draft of what Stop or Undo kept, its reason filled in."""
    kept = deletion.items.filter(outcome=Outcome.KEPT)
    over = deletion.state in {State.FINISHED, State.CANCELLED} and not deletion.is_being_undone
    if not over or not kept.exists():
        raise Refused("There is nothing to delete after all: no task of this deletion was kept, or it is not over yet.")
    return _take_up(deletion, kept, by=by, now=now, retried_outcome=Outcome.KEPT)


def _take_up(
    deletion: Deletion,
    items: QuerySet[DeletionItem],
    *,
    by: By,
    now: datetime,
    retried_outcome: Outcome = Outcome.REFUSED,
) -> Deletion:
    same: dict[str, Any] = {
        "actor": by.user,
        "reason": deletion.reason,
        "retry_of": deletion,
        "retried_outcome": retried_outcome,
    }
    with asked(by) as asking:
        if deletion.counts()[retried_outcome] > freezing.AT_ONCE:
            draft = freezing.begin(**same, now=now)
            freeze.enqueue(str(draft.uuid))
        else:
            tasks = TrackedTask.objects.filter(pk__in=items.values("tracked_id"))
            draft = freezing.freeze_tasks(tasks=tasks, **same, now=now)
        record_draft(asking, draft, retry_of=str(deletion.uuid), outcome=retried_outcome.value)
    return draft


def record_draft(asking: Asking, draft: Deletion, **detail: object) -> None:
    """The number of tasks is unknown while the draft is being frozen; the entry of its confirmation has it."""
    known = {"tasks": draft.size, "total": draft.total} if draft.is_frozen else {}
    asking.record("deletion.drafted", draft, **known, **detail)


def discard(*, deletion: Deletion, by: By) -> None:
    """The dialog's Keep: none of its tasks is deleted."""
    with asked(by) as asking:
        draft = asking.lock_alone(deletion)
        if draft.state == State.DISCARDED and draft.approval_asked_at is None:
            return
        require_own_draft(draft, by)
        Deletion.objects.filter(pk=draft.pk, state=State.DRAFT).update(state=State.DISCARDED, draft_until=None)
        asking.record("deletion.discarded", draft)


def spend(*, deletion: Deletion, selection: Selection) -> None:
    """What is confirmed leaves the selection; what was selected after it was frozen stays."""
    table = DeletionItem._meta.db_table
    frozen = f"SELECT tracked_id AS id FROM {table} WHERE deletion_id = %s AND id >= %s AND id <= %s"  # nosec B608 # only names from the code, values beside them
    items = [deletion.pk, deletion.first_item, deletion.last_item]
    selecting.spend(selection, revision=deletion.facts.get("revision", -1), frozen=(frozen, items))


def require_own_draft(draft: Deletion, by: By) -> None:
    if draft.state == State.DISCARDED and draft.approval_asked_at is None:
        raise Refused("This draft was discarded. Its tasks were kept. Select them again.")
    if draft.state != State.DRAFT:
        raise Refused("This deletion was already confirmed.")
    if draft.actor_id != by.user.pk:
        raise Refused(f"This draft belongs to {plain(draft.actor_name)}. Select the tasks yourself to delete them.")


def require_young(draft: Deletion, *, now: datetime) -> None:
    if draft.draft_until is not None and draft.draft_until < now:
        raise Refused("This draft has expired. Its rule makes another one at its next run.")
    if draft.draft_until is None and draft.created_at < now - freezing.DRAFT_LIFETIME:
        raise Refused("This draft is over an hour old. Select the tasks again.")


def watch_freezing(*, deletion: Deletion, now: datetime) -> None:
    """Makes sure that freezing goes on while its page is open. No person asked, so the audit log is not written."""
    with transaction.atomic():
        wake_freezing(deletion, now=now)
