"""Freezing: writes down the exact set of tasks before a person is asked to confirm it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from dashboard.calls import accounts, clock
from dashboard.database import locks, sql
from dashboard.deletions.drafts.eligibility import (
    BUSY,
    DOUBTFUL,
    Takers,
    allowed_to,
    beyond,
    confirmed,
    takers,
    unfit,
)
from dashboard.deletions.drafts.fingerprint import sign
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.pages.downloads import TooMany
from dashboard.register import membership, selecting
from dashboard.register.models import Presence, Selection, TrackedTask

DRAFT_LIFETIME = timedelta(hours=1)
CLEARED_AFTER = 2 * DRAFT_LIFETIME
CLEARED_AT_ONCE = 1000
"""Items of a discarded draft that one transaction removes: other writers wait for it."""
AT_ONCE = 50_000
"""The most tasks that are frozen while the operator waits; a job freezes more, step by step."""
STEP = 350_000
"""Rows of the register in one step, selected or not. Larger steps are quicker, and block SQLite's writers longer."""

MOST_DRAFTS, MOST_ITEMS = 1000, 5_000_000
"""Unconfirmed drafts of one person in two hours, and tasks in them."""


class NothingSelected(Exception):
    pass


def freeze(
    *,
    selection: Selection,
    actor: User,
    back: str,
    facts: Mapping[str, object] | None = None,
    made: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Deletion:
    """A draft with one item for every selected task; what can't be deleted becomes a skipped item that says why."""
    return freeze_tasks(
        tasks=selecting.selected(selection),
        since=selection.created_at,
        actor=actor,
        filter=selecting.meaning(selection),
        back=back,
        drift=selecting.drift(selection),
        facts=facts,
        made=made,
        now=now,
    )


@transaction.atomic
def freeze_tasks(
    *,
    tasks: QuerySet[TrackedTask],
    actor: User,
    filter: str = "",
    back: str = "",
    drift: int = 0,
    reason: str = "",
    retry_of: Deletion | None = None,
    retried_outcome: str = Outcome.REFUSED,
    since: datetime | None = None,
    facts: Mapping[str, object] | None = None,
    made: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Deletion:
    """`since` is when these tasks were chosen: what others confirmed after that took tasks away. `facts` is what is
    known of them beforehand, `made` what the draft's row says of a rule that made it."""
    now = now or clock.now()
    about = {"filter": filter, "back": back, "drift": drift, "reason": reason, "facts": dict(facts or {})}
    about |= made or {}
    deletion = _draft(actor=actor, retry_of=retry_of, retried_outcome=retried_outcome, now=now, **about)
    _add(deletion, tasks.order_by("pk"), since=since or now)
    if not deletion.total:
        raise NothingSelected
    seal(deletion)
    return deletion


def begin(
    *,
    actor: User,
    now: datetime,
    selection: Selection | None = None,
    back: str = "",
    reason: str = "",
    retry_of: Deletion | None = None,
    retried_outcome: str = Outcome.REFUSED,
    facts: Mapping[str, object] | None = None,
    made: Mapping[str, Any] | None = None,
) -> Deletion:
    """A draft that `step` freezes later: of a selection, or of the refused or kept tasks of a deletion."""
    copy = selecting.copy(selection) if selection else None
    filter = selecting.meaning(selection) if selection else ""
    about = {"filter": filter, "back": back, "reason": reason, "facts": dict(facts or {}), **(made or {})}
    deletion = _draft(actor=actor, retry_of=retry_of, retried_outcome=retried_outcome, now=now, **about)
    deletion.selection, deletion.freezing_at = copy, now
    deletion.save(update_fields=["selection", "freezing_at"])
    return deletion


def _draft(*, actor: User, now: datetime, **values: Any) -> Deletion:
    _discard_older(DRAFT_LIFETIME, now=now)
    _refuse_a_flood(actor, now=now)
    name = actor.get_username()
    return Deletion.objects.create(actor=actor, actor_name=name, host=accounts.current_host(), created_at=now, **values)


def _refuse_a_flood(actor: User, *, now: datetime) -> None:
    """Raises TooMany: each draft may write a million rows, which stay for two hours."""
    unconfirmed = Deletion.objects.filter(state__in=[State.DRAFT, State.DISCARDED], created_at__gte=now - CLEARED_AFTER)
    found = unconfirmed.filter(actor=actor).aggregate(drafts=Count("pk"), items=Sum("total"))
    if found["drafts"] >= MOST_DRAFTS or (found["items"] or 0) >= MOST_ITEMS:
        raise TooMany(
            f"You asked for {found['drafts']:,} deletions with {found['items'] or 0:,} tasks in the last two hours and "
            "confirmed none of these. Wait until they are forgotten."
        )


def _discard_older(lifetime: timedelta, *, now: datetime) -> None:
    over = Q(draft_until=None, created_at__lt=now - lifetime) | Q(draft_until__lt=now)
    Deletion.objects.filter(over, state=State.DRAFT).update(state=State.DISCARDED)


def clear_discarded(*, now: datetime, steps: int) -> None:
    """Removes items of unconfirmed drafts, up to `CLEARED_AT_ONCE` per step: they are no history, and may be a million.
    The draft itself stays, so that an old page of it still tells that it was discarded.
    """
    _discard_older(CLEARED_AFTER, now=now)
    while steps and _clear_next(now=now):
        steps -= 1


def is_cleared(deletion: Deletion, *, now: datetime) -> bool:
    """Whether some of its items may have been removed."""
    never_confirmed = deletion.state == State.DISCARDED and deletion.approval_asked_at is None
    return never_confirmed and deletion.created_at < now - CLEARED_AFTER


def _clear_next(*, now: datetime) -> bool:
    never_confirmed = Deletion.objects.filter(state=State.DISCARDED, approval_asked_at=None)
    old = never_confirmed.filter(created_at__lt=now - CLEARED_AFTER)
    left = old.filter(total__gt=0, first_item__lte=F("last_item"))
    with transaction.atomic():
        draft = locks.first_free(left)
        if draft is None:
            return False
        end = draft.first_item + CLEARED_AT_ONCE
        # By their keys alone, as in `change_items`; items of other drafts may be between them.
        mine = "id >= %s AND id < %s AND deletion_id + 0 = %s"
        sql.change(f"DELETE FROM {DeletionItem._meta.db_table} WHERE {mine}", draft.first_item, end, draft.pk)  # nosec B608 # pieces from the code, values beside them
        Deletion.objects.filter(pk=draft.pk).update(first_item=end)
        return True


def step(deletion: Deletion, *, now: datetime) -> bool:
    """Freezes the next tasks of a large draft, in a transaction of its own. False when nothing is left."""
    with transaction.atomic():
        under_way = Deletion.objects.being_frozen().filter(pk=deletion.pk)
        # Another worker may have the same job: one of them is enough.
        draft = locks.first_free(under_way)
        if draft is None:
            return False
        # The next row, selected or not: a search for the next selected one may take as long as freezing it.
        ahead = TrackedTask.objects.filter(pk__gt=draft.frozen_through).order_by("pk")
        row = ahead.values_list("pk", flat=True).first()
        if row is not None:
            draft.freezing_at, draft.frozen_through = now, row + STEP - 1
            _add(draft, _tasks_of(draft, between=(row, draft.frozen_through)), since=draft.created_at)
            return True
    # The items don't change any more, so reading them for seconds needs no transaction.
    if draft.selection is not None:
        draft.drift = selecting.drift(draft.selection)
    sql.look_at(DeletionItem._meta.db_table)
    # Not sealed, and not by another either: somebody removed a task meanwhile, so it is signed once more.
    return not seal(draft) and under_way.exists()


def _tasks_of(draft: Deletion, *, between: tuple[int, int]) -> QuerySet[TrackedTask]:
    """What a large draft is made of, by the numbers of some tasks."""
    if draft.selection is not None:
        return membership.walked(draft.selection, between=between)
    again = DeletionItem.objects.filter(deletion=draft.retry_of_id, outcome=draft.retried_outcome)
    first, last = between
    return TrackedTask.objects.filter(pk__in=again.values("tracked_id"), pk__gte=first, pk__lte=last).order_by("pk")


def expected(draft: Deletion) -> int:
    """The number of tasks that a draft will have when it is frozen."""
    if draft.selection is not None:
        return draft.selection.count
    return draft.retry_of.counts()[draft.retried_outcome] if draft.retry_of is not None else draft.total


def _add(deletion: Deletion, tasks: QuerySet[TrackedTask], *, since: datetime) -> None:
    before = _last_item()
    others = takers(besides=deletion.actor, since=since)
    deletion.total += _insert_items(deletion, tasks, others)
    deletion.last_item = _last_item()
    if not deletion.first_item:
        # The next number comes from a sequence, and items with smaller numbers may have been removed.
        added = DeletionItem.objects.filter(pk__gt=before).order_by("pk").values_list("pk", flat=True)
        deletion.first_item = added.first() or 0
    # Not in the statement that inserts: if that reads the table, SQLite first copies all selected rows.
    doubtful = deletion.items.filter(outcome=Outcome.SKIPPED, message=DOUBTFUL)
    busy = DeletionItem.objects.filter(tracked=OuterRef("tracked"), open=True)
    doubtful.filter(Exists(busy)).update(message=BUSY)
    for why, is_theirs in confirmed("tracked__", others):
        fit = deletion.items.filter(pk__gt=before, outcome=Outcome.WAITING)
        fit.filter(is_theirs).update(outcome=Outcome.SKIPPED, message=why)
    deletion.save(update_fields=["total", "first_item", "last_item", "freezing_at", "frozen_through"])


def _last_item() -> int:
    return DeletionItem.objects.aggregate(last=Max("pk"))["last"] or 0


def _insert_items(deletion: Deletion, tasks: QuerySet[TrackedTask], others: Takers) -> int:
    # INSERT … SELECT: through Python objects a million rows take twenty times as long.
    constants: dict[str, Any] = {
        "deletion_id": deletion.pk,
        "open": False,
        "attempts": 0,
        "failures": 0,
        "group": 0,
        "if_there": "",
        "touched": False,
    }
    allowed = allowed_to(deletion.actor)
    fates = Case(
        *(When(is_beyond, then=Value(Outcome.SKIPPED.value)) for is_beyond, _ in beyond("", allowed)),
        When(presence=Presence.PRESENT, held_by="", then=Value(Outcome.WAITING.value)),
        default=Value(Outcome.SKIPPED.value),
        output_field=CharField(),
    )
    rows = tasks.annotate(fate=fates, why=unfit(others=others, allowed=allowed))
    sql, parameters = rows.values_list("pk", "kind", "task_id", "fate", "why").query.sql_with_params()
    copied = ["tracked_id", "kind", "task_id", "outcome", "message"]
    names = ", ".join(connection.ops.quote_name(name) for name in [*constants, *copied])
    holes = ", ".join(["%s"] * len(constants))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {DeletionItem._meta.db_table} ({names}) SELECT {holes}, chosen.* FROM ({sql}) AS chosen",  # nosec B608 # Django's own statement, its values beside it
            [*constants.values(), *parameters],
        )
        return int(cursor.rowcount)


def seal(deletion: Deletion) -> bool:
    """Counts, describes and hashes the draft's items. From then on it can be confirmed.

    False if it changed nothing: another job has sealed the draft meanwhile, or a person confirmed it or removed a task.
    """
    unchanged = as_read(deletion)
    sign(deletion)
    deletion.freezing_at = None
    names = ["waiting", "skipped", "fingerprint", "manifest_hash", "drift", "facts", "images", "freezing_at"]
    return bool(unchanged.update(**{name: getattr(deletion, name) for name in names}))


def as_read(deletion: Deletion) -> QuerySet[Deletion]:
    """The draft, if it is still what was read of it."""
    drafts = Deletion.objects.filter(pk=deletion.pk, state=State.DRAFT)
    return drafts.filter(fingerprint=deletion.fingerprint, skipped=deletion.skipped)
