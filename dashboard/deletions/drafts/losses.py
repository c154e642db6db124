"""Tells, beside a selection, which of its tasks other people's deletions took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet

from dashboard.deletions.drafts.eligibility import Takers, blocked, taken_by, takers
from dashboard.deletions.models import Deletion
from dashboard.register import selecting
from dashboard.register.counting import COUNT_CAP, in_words
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Presence, Selection, TrackedTask


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A selection as the toolbar shows it."""

    count: int
    """The number of its tasks that can be deleted."""
    words: str
    losses: list[str]


def standing_of(selection: Selection, *, user: User) -> Standing:
    said = selecting.summary(selection)
    others = takers(besides=user, since=selection.created_at) if said.all or said.lost else {}
    if not said.all:
        return Standing(count=said.count, words=said.words, losses=_of_ticked(selection, others) if said.lost else [])
    taken = _of_all(selection, others) if others else {}
    left = replace(said, count=max(said.count - sum(taken.values()), 0))
    words = f"{left.count:,} selected" if taken and not left.excluded else left.words
    losses = [_loss(in_words(number), taken_by(name)) for name, number in taken.items()]
    return Standing(count=left.count, words=words, losses=losses)


def _loss(number: str, why: str) -> str:
    return f"{number} {why[0].lower()}{why[1:]}"


def _of_ticked(selection: Selection, others: Takers) -> list[str]:
    lost = selecting.selected(selection).exclude(presence=Presence.PRESENT, held_by="")
    reasons = lost.annotate(why=blocked(others=others)).values_list("why").annotate(number=Count("pk"))
    return [_loss(f"{number:,}", why) for why, number in reasons.order_by("-number", "why") if why]


def _of_all(selection: Selection, others: Takers) -> Counter[str]:
    """How many tasks each person took, up to the usual limit of counts."""
    names = {uuid: name for name, theirs in others.items() for uuid in theirs}
    going = selecting.selected(selection).filter(presence=Presence.DELETING, last_deletion__in=names)
    found: Counter[str] = Counter()
    for tasks in [going, *departed(selection, others)]:
        by_deletion = tasks.order_by().values_list("last_deletion", flat=True)[: COUNT_CAP + 1]
        found.update(names[uuid] for uuid in by_deletion if uuid)
    return found


def departed(selection: Selection, others: Takers) -> list[QuerySet[TrackedTask]]:
    """Tasks that matched when all were selected and don't now, because others took them: their own rows tell that."""
    filter = Filter.of_selection(selection)
    if selection.mode != Selection.Mode.ALL or filter.presence not in {"", Presence.PRESENT} or filter.by_task_id:
        return []
    theirs = [uuid for uuids in others.values() for uuid in uuids]
    gone = _taken(selection, filter, Presence.DELETED, theirs).filter(deleted_at__gte=selection.created_at)
    later = Deletion.objects.filter(uuid__in=theirs, confirmed_at__gte=selection.created_at)
    going = _taken(selection, filter, Presence.DELETING, list(later.values_list("uuid", flat=True)))
    found = [gone, going] if filter.presence else [gone]
    # An empty list of deletions needs no query.
    return [tasks for tasks in found if not tasks.query.is_empty()]


def _taken(selection: Selection, filter: Filter, presence: Presence, theirs: list[UUID]) -> QuerySet[TrackedTask]:
    excluded = selection.selectionentry_set.values("task")
    tasks = filter.given("presence", presence).queryset() if theirs else TrackedTask.objects.none()
    return tasks.filter(pk__lte=selection.through, last_deletion__in=theirs).exclude(pk__in=excluded)
