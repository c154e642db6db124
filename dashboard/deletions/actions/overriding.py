"""Asking that held tasks go despite that, in this one deletion. Somebody else who may release holds has to agree."""

from __future__ import annotations

from datetime import datetime

from dashboard.access.permissions import REFUSALS, RELEASE_HOLDS
from dashboard.database import sql
from dashboard.deletions.actions.asking import Asking, By, NotYet, Refused, asked
from dashboard.deletions.actions.drafting import record_draft, require_own_draft, require_young
from dashboard.deletions.dispatch.jobs import freeze
from dashboard.deletions.drafts import freezing
from dashboard.deletions.drafts.eligibility import HELD
from dashboard.deletions.drafts.outliers import OVERRIDDEN, number_of
from dashboard.deletions.drafts.rechecking import lost_among
from dashboard.deletions.drafts.removing import sign_anew
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from dashboard.deletions.moves import TASKS, change_items
from dashboard.pages.foreign import plain
from dashboard.register.models import HeldTask, TrackedTask

MOST = 1000
"""The log names each of them. More is no exception any more: release the hold."""
NONE_HELD = "No task of this deletion is held now."
NOT_WRITTEN = "These tasks are still being written down. Wait for the number, then ask for the held ones."


def override_holds(*, deletion: Deletion, by: By, now: datetime) -> None:
    """Takes the held tasks into the draft, which is signed anew. Only holds of now are overridden: one that is placed
    later protects its task again. Raises `Refused`."""
    with asked(by) as asking:
        draft = asking.lock_alone(deletion)
        require_own_draft(draft, by)
        require_young(draft, now=now)
        if not draft.is_frozen:
            raise NotYet(NOT_WRITTEN)
        _take_in(draft, asking, now=now)


def draft_despite_hold(*, task: TrackedTask, by: By, now: datetime) -> Deletion:
    """A draft of one held task. Raises `Refused`."""
    with asked(by) as asking:
        one = TrackedTask.objects.filter(pk=task.pk)
        draft = freezing.freeze_tasks(tasks=one, actor=by.user, now=now)
        record_draft(asking, draft)
        _take_in(draft, asking, now=now)
    return draft


def _take_in(draft: Deletion, asking: Asking, *, now: datetime) -> None:
    # Which hold another program wrote, and when it does so again, is not known here, so these stay protected.
    ours = HeldTask.objects.filter(release=None).values("task")
    held = draft.items.filter(outcome=Outcome.SKIPPED, message__startswith=HELD, settled_at=None)
    items = {item.tracked_id: item for item in held.filter(tracked__in=ours).order_by("pk")[: MOST + 1]}
    if not items:
        raise Refused(NONE_HELD)
    if len(items) > MOST:
        raise Refused(f"More than {MOST:,} held tasks are in this deletion. Release their hold, or select fewer.")
    # The rows of holds are written while their tasks are locked, so none comes between this and the look.
    keys = sql.array_of(list(items))
    sql.rows(f"SELECT id FROM {TASKS} WHERE {sql.among('id')} ORDER BY id{sql.for_update(TASKS)}", keys)  # nosec B608 # only names from the code
    sql.update(TASKS, {"overridden_for": draft.uuid}, sql.among("id"), keys)
    fit = _fit(draft, list(items.values()))
    if not fit:
        raise Refused(NONE_HELD)
    change_items([item.pk for item in fit], {"outcome": Outcome.WAITING, "message": ""})
    if sign_anew(draft, added=len(fit), now=now):
        freeze.enqueue(str(draft.uuid))
    draft.refresh_from_db()
    named = [[item.kind, item.task_id] for item in fit]
    asking.record("deletion.override_asked", draft, held=len(fit), of=named, tasks=draft.size)


def _fit(draft: Deletion, items: list[DeletionItem]) -> list[DeletionItem]:
    """Those for which nothing speaks but their holds."""
    lost = lost_among(draft, draft.items.filter(pk__in=[item.pk for item in items]))
    refused = {pk for pks in lost.values() for pk in pks}
    return [item for item in items if item.pk not in refused]


def require_releaser(deletion: Deletion, by: By) -> None:
    """Who agrees to an override must be one of those who may release holds."""
    number = number_of(deletion, OVERRIDDEN)
    if number and not by.user.has_perm(RELEASE_HOLDS):
        held = f"{number:,} held task{'' if number == 1 else 's'}"
        raise Refused(f"It deletes {held}. {plain(REFUSALS[RELEASE_HOLDS])}")
