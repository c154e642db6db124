"""What is selected and not in a view: it is frozen all the same, so toolbar and dialog tell it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

from django.core.cache import cache
from django.db.models import Q, QuerySet

from dashboard.database import marks, prompt_reading
from dashboard.register import membership
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Presence, Selection, TrackedTask
from dashboard.register.search import predicate

FEW = 5000
"""So many selected tasks are looked at one by one; of more, all that match are gone through."""
NAMED = 10
TRUSTED_FOR = 30
"""Seconds: what others do to the tasks of a large selection shows that late."""


@dataclass(frozen=True, kw_only=True)
class Outside:
    number: int = 0
    numbers: tuple[int, ...] = ()
    """Of the first tasks."""


def outside(selection: Selection, filter: Filter, *, is_read: bool = False) -> Outside:
    """What it holds that this list shows on no page. `is_read`: new prompts were read for this page already."""
    # That only what is selected is listed hides none of it.
    filter = replace(filter, within=None)
    if not filter.query_string() or not selection.count:
        return Outside()
    if selection.count <= FEW:
        return _looked_at(selection, filter, is_read=is_read)
    key = _key(selection, filter)
    known: Outside | None = cache.get(key)
    if known is None:
        known = _gone_through(selection, filter)
        cache.set(key, known, TRUSTED_FOR)
    return known


def without(known: Outside, task: int, filter: Filter) -> Outside:
    """What is left of it when one task is not selected any more."""
    filter = replace(filter, within=None)
    if filter.prompt_words:
        prompt_reading.keep_up()
    if not known.number or not _hidden(TrackedTask.objects.filter(pk=task), filter):
        return known
    return Outside(number=known.number - 1, numbers=tuple(number for number in known.numbers if number != task))


def is_quick(selection: Selection, filter: Filter) -> bool:
    """Whether nobody would wait for it."""
    return selection.count <= FEW or not filter.query_string() or cache.get(_key(selection, filter)) is not None


def none_beside(selection: Selection, filter: Filter) -> None:
    """After a press for all that match, which the page shows that asks next."""
    _keep(selection, filter, Outside())


def all_beside(selection: Selection, filter: Filter) -> None:
    """After a press that took all away that match."""
    if selection.count > FEW:
        first = marks.first(selection.pk, limit=NAMED)
        _keep(selection, filter, Outside(number=selection.count, numbers=tuple(first)))


def carry(selection: Selection, filter: Filter) -> None:
    """After a change of what this list shows, if there was one: the rest is as it was."""
    if not selection.moved:
        return
    known = cache.get(_key(selection, filter, revision=selection.revision - 1))
    if known is not None:
        _keep(selection, filter, known)


def _keep(selection: Selection, filter: Filter, known: Outside) -> None:
    if selection.count > FEW:
        cache.set(_key(selection, filter), known, TRUSTED_FOR)


def _looked_at(selection: Selection, filter: Filter, *, is_read: bool) -> Outside:
    if filter.prompt_words and not is_read:
        prompt_reading.keep_up()
    # What is gone, or being deleted, is told as that, and hidden by no filter.
    hidden = _hidden(TrackedTask.objects.filter(membership.held(selection), presence=Presence.PRESENT), filter)
    return Outside(number=len(hidden), numbers=tuple(hidden[:NAMED]))


def _hidden(tasks: QuerySet[TrackedTask], filter: Filter) -> list[int]:
    matches = filter.condition() & (predicate.found(filter.prompt_words) if filter.prompt_words else Q())
    return list(tasks.exclude(predicate.opaque(matches)).order_by("pk").values_list("pk", flat=True))


def _gone_through(selection: Selection, filter: Filter) -> Outside:
    blocks = marks.beside(selection.pk, membership.numbers(filter.queryset()))
    first = [number for block, bits in blocks[:NAMED] for number in marks.spread(block, bits)]
    return Outside(number=sum(bits.bit_count() for _, bits in blocks), numbers=tuple(first[:NAMED]))


def _key(selection: Selection, filter: Filter, *, revision: int | None = None) -> str:
    of = selection.revision if revision is None else revision
    asked = f"{selection.pk} {of} {filter.by_task_id} {filter.zone} {filter.query_string()}"
    return f"outside-{sha256(asked.encode()).hexdigest()}"
