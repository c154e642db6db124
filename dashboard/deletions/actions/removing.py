"""Remove from this deletion: one task of a draft is kept, before anybody confirms the others."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.contrib.auth.models import User
from django.http import QueryDict

from dashboard.deletions.actions.asking import By, NotYet, Refused, asked
from dashboard.deletions.actions.drafting import require_own_draft, require_young
from dashboard.deletions.dispatch.jobs import freeze
from dashboard.deletions.drafts.facts import outside_of, stored_outside
from dashboard.deletions.drafts.removing import remove, removed_by
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import outside, selecting
from dashboard.register.listing import Address
from dashboard.register.models import Selection
from dashboard.register.selecting import BadSelection

TOO_LATE = "This deletion was already confirmed, so nothing can be removed from it. Use Undo, or Stop the rest."
AWAITED = "This waits for approval, so nothing can be removed from it. Withdraw it, then select the others again."
STILL_FREEZING = "These tasks are still being written down. Wait for the number, then remove what you want to keep."
NOT_IN_IT = "That task is not in this deletion."


def remove_item(*, deletion: Deletion, item: int, by: By, now: datetime) -> None:
    """It becomes skipped, and says who removed it. A second press finds it so, and changes nothing."""
    with asked(by) as asking:
        draft = asking.lock_alone(deletion)
        if draft.state == State.AWAITING_APPROVAL:
            raise Refused(AWAITED)
        if draft.state not in {State.DRAFT, State.DISCARDED}:
            raise Refused(TOO_LATE)
        require_own_draft(draft, by)
        require_young(draft, now=now)
        if draft.is_being_frozen and not draft.is_being_signed_anew:
            raise NotYet(STILL_FREEZING)
        row = draft.items.filter(pk=item).first()
        if row is None:
            raise Refused(NOT_IN_IT)
        if row.outcome != Outcome.WAITING:
            return
        _unselect(draft, row, user=by.user)
        if remove(draft, row, why=removed_by(by.user.get_username()), now=now):
            freeze.enqueue(str(draft.uuid))
        draft.refresh_from_db()
        signed = {"fingerprint": draft.fingerprint} if draft.is_frozen else {}
        asking.record("deletion.item_removed", draft, kind=row.kind, task=row.task_id, tasks=draft.size, **signed)


def _unselect(draft: Deletion, item: DeletionItem, *, user: User) -> None:
    """Who took it out by hand must not delete it by pressing *Keep tasks* and then *Delete* again: nothing but a new
    tick puts it back. `draft` is changed and not saved."""
    # Cleared meanwhile, or written by a version with other filters: then nothing brings it back.
    with suppress(BadFilter, BadSelection, Selection.DoesNotExist):
        address = Address.from_query(QueryDict(draft.back))
        selection = selecting.find(address.selection, user=user)
        if selection is None:
            return
        selection = selecting.leave_out(selection, item.tracked_id)
        if draft.facts.get("revision") == selection.revision - 1:
            # Else what is left of it would be taken for something that was selected after the freezing.
            draft.facts["revision"] = selection.revision
        hidden = outside.without(outside_of(draft), item.tracked_id, address.filter)
        draft.facts["outside"] = stored_outside(hidden)
