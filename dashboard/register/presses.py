"""Presses that select many tasks at once, or take many out. Those that match at this moment are written down: what is
counted then is what is frozen later, and nothing that is added to the register meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from django.contrib.auth.models import User
from django.db import transaction

from dashboard.register import membership, selecting
from dashboard.register.filters.filter import Filter
from dashboard.register.membership import Within
from dashboard.register.models import Selection, SelectionPress, Star, TaskQuerySet, TrackedTask
from dashboard.register.selecting import MOST_PRESSES, MOST_SHOWN, Role, Ticks, Verb, begin, keep, locked
from dashboard.register.starring import known, starred_in


@transaction.atomic
def select_all(
    *,
    user: User,
    filter: Filter,
    selection: Selection | None = None,
    starred: bool = False,
    before: Ticks | None = None,
) -> Selection:
    """Exactly what matches at this moment, and never a task that is added later."""
    selection = locked(selection) if selection else begin(user=user, before=before.earlier if before else None)
    if selection.count:
        aside = _set_aside(selection)
        if filter.within:
            filter = replace(filter, within=Within.of(aside))
        selection.blocks.all().delete()
        selection.presses.all().delete()
        selection.count = selection.excluded = 0
    _add(selection, filter, starred=starred)
    selection.filter = filter.query_string() if filter.within is None else None
    keep(selection)
    return selection


@transaction.atomic
def of_filter(*, user: User, filter: Filter) -> Selection:
    """The same without a press, in a selection that no page knows."""
    selection: Selection = Selection.objects.create(user=user, role=Role.DRAFT)
    _add(selection, filter, starred=False)
    selection.filter = filter.query_string()
    keep(selection)
    return selection


@transaction.atomic
def add_all(*, user: User, filter: Filter, selection: Selection | None, starred: bool = False) -> Selection:
    """What matches at this moment, besides what is selected already."""
    if selection is None or not selection.count:
        return select_all(user=user, filter=filter, selection=selection, starred=starred)
    selection = locked(selection)
    _set_aside(selection)
    whole = selection.filter is not None and selection.filter == filter.query_string()
    _add(selection, filter, starred=starred)
    if not whole:
        selection.filter = None
    keep(selection)
    return selection


@transaction.atomic
def remove_all(*, filter: Filter, selection: Selection) -> Selection:
    """What matches at this moment is no longer selected."""
    selection = locked(selection)
    _set_aside(selection)
    membership.remove(selection, membership.numbers(filter.queryset()))
    _remember(selection, Verb.REMOVE, filter)
    selection.filter, selection.starred_out = None, 0
    keep(selection)
    return selection


@transaction.atomic
def invert(*, user: User, shown: list[int], selection: Selection | None) -> Selection:
    """Of the rows of one page those are selected that were not."""
    fit = set(TrackedTask.objects.selectable().filter(pk__in=shown).values_list("pk", flat=True))
    held = membership.among(selection, fit) if selection else set()
    ticks = Ticks(selection=None, shown=shown, ticked=sorted(fit - held), known=sorted(held))
    return selecting.tick(selection, ticks, user=user) or begin(user=user)


@transaction.atomic
def add_numbers(
    *, user: User, numbers: Collection[int], selection: Selection | None, before: Ticks | None = None
) -> Selection:
    """Tasks that somebody named."""
    selection = locked(selection) if selection else begin(user=user, before=before.earlier if before else None)
    if len(numbers) > MOST_SHOWN and selection.count:
        _set_aside(selection)
    had = selection.count
    membership.change(selection, entered=numbers, left=(), pressed=True)
    if selection.count != had:
        selection.filter = None
    keep(selection)
    return selection


def _add(selection: Selection, filter: Filter, *, starred: bool) -> None:
    selection.starred_out = 0 if starred else starred_in(filter, known())
    matching: TaskQuerySet = filter.queryset()
    if selection.starred_out:
        matching = matching.exclude(pk__in=Star.objects.values("task"))
    # Before, so that what is added now counts as later rather than as never there.
    _remember(selection, Verb.ADD, filter)
    membership.add(selection, matching)


def _remember(selection: Selection, verb: str, filter: Filter) -> None:
    """For `selecting.drift`."""
    if filter.within:
        return
    SelectionPress.objects.create(
        selection=selection,
        verb=verb,
        meaning=filter.frozen().query_string(),
        by_task_id=filter.by_task_id,
        through=selecting.last_task(),
    )
    older = list(selection.presses.order_by("-pk").values_list("pk", flat=True)[MOST_PRESSES:])
    selection.presses.filter(pk__in=older).delete()


def _set_aside(selection: Selection) -> Selection:
    """What it holds, to be brought back, in place of what it held before that."""
    if selection.before is not None:
        Selection.objects.filter(pk=selection.before.pk, role=Role.ASIDE).delete()
    selection.before = selecting.copy(selection, role=Role.ASIDE)
    return selection.before
