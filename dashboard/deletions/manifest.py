"""Freezing: the exact set of tasks a person is asked to confirm, written down before the question is put."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Case, CharField, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Collate, Concat

from dashboard.calls import accounts, clock
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.inventory import selecting
from dashboard.inventory.models import Presence, Selection, TrackedTask

DRAFT_LIFETIME = timedelta(hours=1)
YOUNG = timedelta(hours=1)
THUMBNAILS = 9

HELD = "Held"
BUSY = "Already being deleted"
DOUBTFUL = "May or may not be deleted; check it in its last deletion"
GONE = "Already deleted"
MISSING = "Missing at TensorsLab"


class NothingSelected(Exception):
    """There is no task to freeze."""


def freeze(*, selection: Selection, actor: User, back: str, now: datetime | None = None) -> Deletion:
    """A draft with one item for every selected task; what can't be deleted becomes a skipped item that says why."""
    return freeze_tasks(
        tasks=selecting.selected(selection),
        actor=actor,
        filter=selection.filter,
        back=back,
        drift=selecting.drift(selection),
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
    now: datetime | None = None,
) -> Deletion:
    now = now or clock.now()
    Deletion.objects.filter(state=State.DRAFT, created_at__lt=now - DRAFT_LIFETIME).update(state=State.DISCARDED)
    deletion = Deletion.objects.create(
        actor=actor,
        actor_name=actor.get_username(),
        reason=reason,
        filter=filter,
        back=back,
        drift=drift,
        host=accounts.current_host(),
        retry_of=retry_of,
        created_at=now,
    )
    _insert_items(deletion, tasks)
    count(deletion)
    if not deletion.total:
        raise NothingSelected
    return deletion


def blocked() -> Case:
    """Why a task can't be in a deletion now, as text; empty when it can."""
    open_elsewhere = DeletionItem.objects.filter(tracked=OuterRef("pk"), open=True)
    return Case(
        When(Exists(open_elsewhere), then=Value(BUSY)),
        When(presence=Presence.DELETING, then=Value(DOUBTFUL)),
        When(presence=Presence.DELETED, then=Value(GONE)),
        When(presence=Presence.MISSING, then=Value(MISSING)),
        When(~Q(held_by=""), then=Concat(Value(f"{HELD}: "), F("held_reason"), output_field=TextField())),
        default=Value(""),
        output_field=TextField(),
    )


def _insert_items(deletion: Deletion, tasks: QuerySet[TrackedTask]) -> None:
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
    rows = tasks.annotate(why=blocked()).annotate(
        fate=Case(
            When(why="", then=Value(Outcome.WAITING.value)),
            default=Value(Outcome.SKIPPED.value),
            output_field=CharField(),
        )
    )
    sql, parameters = rows.order_by("pk").values_list("pk", "kind", "task_id", "fate", "why").query.sql_with_params()
    copied = ["tracked_id", "kind", "task_id", "outcome", "message"]
    names = ", ".join(connection.ops.quote_name(name) for name in [*constants, *copied])
    holes = ", ".join(["%s"] * len(constants))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {DeletionItem._meta.db_table} ({names}) SELECT {holes}, chosen.* FROM ({sql}) AS chosen",
            [*constants.values(), *parameters],
        )


def count(deletion: Deletion) -> None:
    """Counts the draft's items anew, and signs what would be deleted."""
    rows = dict(deletion.items.values_list("outcome").annotate(Count("pk")).order_by())
    deletion.total = sum(rows.values())
    deletion.waiting = rows.get(Outcome.WAITING, 0)
    deletion.skipped = rows.get(Outcome.SKIPPED, 0)
    deletion.fingerprint = fingerprint(deletion)
    deletion.save(update_fields=["total", "waiting", "skipped", "fingerprint"])


def fingerprint(deletion: Deletion) -> str:
    """sha256 over one line `<kind> <task_id>` per item that is not skipped, sorted by their bytes."""
    bytewise = "C" if connection.vendor == "postgresql" else "BINARY"
    rows = deletion.items.exclude(outcome=Outcome.SKIPPED).order_by("kind", Collate("task_id", bytewise))
    digest = hashlib.sha256()
    for kind, task_id in rows.values_list("kind", "task_id").iterator(chunk_size=5000):
        digest.update(f"{kind} {task_id}\n".encode())
    return digest.hexdigest()


def recheck(deletion: Deletion) -> bool:
    """Skips what became busy, held or gone since the draft was frozen. True when that changed the set."""
    stale = TrackedTask.objects.annotate(why=blocked()).filter(pk=OuterRef("tracked_id")).exclude(why="")
    waiting = deletion.items.filter(outcome=Outcome.WAITING)
    changed = waiting.annotate(stale=Exists(stale)).filter(stale=True)
    reasons = changed.annotate(why=stale.values("why")[:1]).values_list("pk", "why")
    by_reason: dict[str, list[int]] = {}
    for pk, why in reasons.iterator(chunk_size=5000):
        by_reason.setdefault(why, []).append(pk)
    for why, pks in by_reason.items():
        for start in range(0, len(pks), 500):
            deletion.items.filter(pk__in=pks[start : start + 500]).update(outcome=Outcome.SKIPPED, message=why)
    if by_reason:
        count(deletion)
    return bool(by_reason)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the dialog says about the set before anyone confirms it."""

    images: int
    videos: int
    oldest: datetime | None
    newest: datetime | None
    unknown_time: int
    models: int
    young: int
    thumbnails: list[TrackedTask]
    more: int
    skipped: list[dict[str, object]] = field(default_factory=list)


def facts(deletion: Deletion, *, now: datetime) -> Facts:
    chosen = deletion.items.exclude(outcome=Outcome.SKIPPED)
    found = chosen.aggregate(
        images=Count("pk", filter=Q(kind="image")),
        videos=Count("pk", filter=Q(kind="video")),
        oldest=Min("tracked__created_at"),
        newest=Max("tracked__created_at"),
        unknown_time=Count("pk", filter=Q(tracked__created_at=None)),
        models=Count("tracked__model", distinct=True),
        young=Count("pk", filter=Q(tracked__created_at__gt=now - YOUNG)),
    )
    first = list(TrackedTask.objects.filter(pk__in=chosen.order_by("pk").values("tracked_id")[:THUMBNAILS]))
    reasons = deletion.items.filter(outcome=Outcome.SKIPPED).values_list("message").annotate(number=Count("pk"))
    return Facts(
        **found,
        thumbnails=first,
        more=deletion.size - len(first),
        skipped=[{"reason": reason, "count": number} for reason, number in reasons.order_by("-number", "message")],
    )
