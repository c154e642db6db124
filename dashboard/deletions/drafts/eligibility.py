"""Why a selected task can't be deleted: it is held, gone, or taken by another deletion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Case, Expression, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Concat
from django.db.models.lookups import IsNull

from dashboard.access.limits import Allowed, limits_of
from dashboard.calls.models import Kind
from dashboard.deletions.models import IN_FLIGHT, Deletion, DeletionItem, Outcome
from dashboard.register.models import HeldTask, Presence

HELD = "Held"
BUSY = "Already being deleted"
DOUBTFUL = "May or may not be deleted; check it in its last deletion"
GONE = "Already deleted"
MISSING = "Missing at TensorsLab"
NOT_YOURS = "Not yours to delete"
MOST = 500
"""The most deletions of others that are named, the newest first."""

Takers = Mapping[str, list[UUID]]
"""By name, the deletions of that person."""


def takers(*, besides: User | None, since: datetime) -> Takers:
    """Deletions of others that are in flight, or were confirmed after `since`."""
    released = Q(confirmed_at__gte=since) | Q(decided_at__gte=since)
    others = Deletion.objects.filter(Q(state__in=IN_FLIGHT) | released)
    if besides is not None:
        others = others.exclude(actor=besides)
    found: dict[str, list[UUID]] = defaultdict(list)
    for name, uuid in others.values_list("actor_name", "uuid")[:MOST]:
        found[name].append(uuid)
    return found


def taken_by(name: str) -> str:
    return f"Taken by {name}"


def allowed_to(person: User | None) -> Allowed:
    return limits_of(person) if person is not None else Allowed()


def beyond(of: str, allowed: Allowed) -> list[tuple[Q, Expression]]:
    """Conditions that a person may not delete a task, each with its reason."""
    found: list[tuple[Q, Expression]] = []
    if allowed.only_kinds:
        others = [kind.value for kind in Kind if kind not in allowed.only_kinds]
        found += [(Q(**{f"{of}kind": kind}), Value(f"{NOT_YOURS}: {kind}s")) for kind in others]
    if allowed.only_models:
        name = Case(
            When(**{f"{of}model": ""}, then=Value("unknown")), default=F(f"{of}model"), output_field=TextField()
        )
        reason = Concat(Value(f"{NOT_YOURS}: model "), name, output_field=TextField())
        found.append((~Q(**{f"{of}model__in": allowed.only_models}), reason))
    return found


def blocked(
    of: str = "", *, others: Takers | None = None, allowed: Allowed | None = None, despite: UUID | None = None
) -> Case:
    """SQL for why a task can't be in a deletion now; empty if it can. `of` is the path from the row to its task.

    `despite`: the deletion, which may take tasks despite holds that it was asked to override.
    """
    open_elsewhere = DeletionItem.objects.filter(tracked=OuterRef(f"{of}pk"), open=True)
    busy = When(_is_there(open_elsewhere), then=Value(BUSY))
    taken = [*_taken(of, others or {}), busy, *(When(one, then=Value(why)) for why, one in confirmed(of, others or {}))]
    return Case(*taken, default=unfit(of, allowed=allowed, despite=despite), output_field=TextField())


def _taken(of: str, others: Takers) -> list[When]:
    theirs_now = {f"{of}presence__in": [Presence.DELETING, Presence.DELETED]}
    return [
        When(**theirs_now, **{f"{of}last_deletion__in": theirs}, then=Value(taken_by(name)))
        for name, theirs in others.items()
    ]


def confirmed(of: str, others: Takers) -> list[tuple[str, IsNull]]:
    """Conditions that a task waits in a confirmed deletion that is not armed yet, each with its reason."""
    being_armed: dict[str, list[int]] = {}
    for pk, uuid, name in Deletion.objects.being_armed().values_list("pk", "uuid", "actor_name"):
        why = taken_by(name) if uuid in others.get(name, []) else BUSY
        being_armed.setdefault(why, []).append(pk)
    # Found by the task. By the deletion PostgreSQL would read all its waiting items, for every task again: without
    # statistics of a new deletion it expects hardly any.
    waiting = DeletionItem.objects.alias(by=F("deletion_id") + 0).filter(outcome=Outcome.WAITING)
    here = waiting.filter(tracked=OuterRef(f"{of}pk"))
    return [(why, _is_there(here.filter(by__in=pks))) for why, pks in being_armed.items()]


def _is_there(items: QuerySet[Any]) -> IsNull:
    # No EXISTS: PostgreSQL may answer it by reading all items that are open or wait.
    return IsNull(Subquery(items.values("pk")[:1]), False)


def unfit(
    of: str = "", *, others: Takers | None = None, allowed: Allowed | None = None, despite: UUID | None = None
) -> Case:
    """SQL for why a task can't be in a deletion, from its row alone, which shows other deletions' tasks as deleting."""
    is_there = Q(**{f"{of}presence": Presence.PRESENT, f"{of}held_by": ""})
    if despite is not None:
        shown = {"hold__by": OuterRef(f"{of}held_by"), "hold__reason": OuterRef(f"{of}held_reason")}
        # Not what another program wrote as held.
        ours = HeldTask.objects.filter(task=OuterRef(f"{of}pk"), release=None, **shown)
        is_there |= Q(_is_there(ours), **{f"{of}presence": Presence.PRESENT, f"{of}overridden_for": despite})
    return Case(
        *_taken(of, others or {}),
        *(When(is_there & is_beyond, then=why) for is_beyond, why in beyond(of, allowed or Allowed())),
        When(is_there, then=Value("")),
        When(**{f"{of}presence": Presence.DELETING, "then": Value(DOUBTFUL)}),
        When(**{f"{of}presence": Presence.DELETED, "then": Value(GONE)}),
        When(**{f"{of}presence": Presence.MISSING, "then": Value(MISSING)}),
        default=Concat(Value(f"{HELD}: "), F(f"{of}held_reason"), output_field=TextField()),
        output_field=TextField(),
    )
