"""Selects tasks over several pages. The selection is on the server, so a request has at most one page of ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Self
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Count, Max, Q
from django.http import QueryDict
from django.utils import timezone

from dashboard.database import locks
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Presence, Selection, SelectionEntry, TaskQuerySet, TrackedTask

LIFETIME = timedelta(hours=24)
MOST_SHOWN = 200
GONE = "This selection is not yours or no longer exists. Select the tasks again."
BEGUN_ANEW = (
    "What was selected before is no longer kept: it was cleared elsewhere, or is over a day old. "
    "What is ticked on this page is selected anew."
)


_READY = Q(selectionentry__task__presence=Presence.PRESENT, selectionentry__task__held_by="")
_ENTRIES = {"entries": Count("selectionentry"), "ready": Count("selectionentry", filter=_READY)}


class BadSelection(Exception):
    """The posted data can't be a selection. The text is a sentence for people."""


class RegisterBusy(Exception):
    """A large write is under way, so that it can't be known which tasks exist."""


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """The data that one page posts: its rows, and which of them are ticked."""

    selection: UUID | None
    shown: list[int]
    ticked: list[int]

    @classmethod
    def from_post(cls, post: QueryDict) -> Self:
        ticks = cls(
            selection=selection_uuid(post.get("selection", "")),
            shown=row_numbers([number for number in post.get("shown", "").split(",") if number]),
            ticked=row_numbers(post.getlist("task")),
        )
        if not set(ticks.ticked) <= set(ticks.shown):
            raise BadSelection("A ticked task is not on this page. Reload the page and select again.")
        return ticks


@dataclass(frozen=True, kw_only=True)
class Summary:
    uuid: UUID
    mode: str
    count: int
    """How many can be deleted, as far as it is known without counting all that match."""
    excluded: int
    lost: int = 0
    """Ticked tasks that are now held, being deleted or gone."""

    @property
    def all(self) -> bool:
        return self.mode == Selection.Mode.ALL

    @property
    def words(self) -> str:
        if self.excluded:
            return f"{self.count:,} selected, {self.excluded:,} excluded"
        return f"All {self.count:,} matching selected" if self.all else f"{self.count:,} selected"


def selection_uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise BadSelection(GONE) from error


def row_numbers(texts: list[str]) -> list[int]:
    if len(texts) > MOST_SHOWN or not all(re.fullmatch(r"[0-9]{1,18}", text) for text in texts):
        raise BadSelection("The rows of this page can't be read. Reload the page and select again.")
    return [int(text) for text in texts]


def find(uuid: UUID | None, *, user: User) -> Selection | None:
    """The person's own selection. None stays None; another person's, or a deleted one, raises `BadSelection`."""
    if uuid is None:
        return None
    selection = Selection.objects.filter(uuid=uuid, user=user).annotate(**_ENTRIES).first()
    if selection is None:
        raise BadSelection(GONE)
    return selection


def fits(selection: Selection, filter: Filter) -> bool:
    """A selection belongs to the filter it was made under, so that no hidden task is deleted."""
    return selection.filter == filter.query_string()


def take(ticks: Ticks, *, user: User, filter: Filter) -> tuple[Selection, str]:
    """The selection after a page's ticks, and a sentence if a new one was begun because the former one is gone."""
    begin = partial(tick, selection=None, user=user, filter=filter, shown=ticks.shown, ticked=ticks.ticked)
    try:
        return begin(selection=find(ticks.selection, user=user)), ""
    except (BadSelection, IntegrityError):
        # It is gone, or another tab is clearing it now.
        return begin(), BEGUN_ANEW


def tick(*, selection: Selection | None, user: User, filter: Filter, shown: list[int], ticked: list[int]) -> Selection:
    """Selects the ticked rows of one page and deselects its other rows; rows of other pages don't change."""
    with transaction.atomic():
        if selection is None or not fits(selection, filter):
            selection = _begin(user=user, filter=filter)
        times = dict(TrackedTask.objects.selectable().filter(pk__in=shown).values_list("pk", "created_at"))
        wanted = set(times)
        if selection.mode == Selection.Mode.ALL:
            # Boxes that can't be ticked exclude nothing.
            covers = Filter.of_selection(selection).covers
            entered = {pk for pk in wanted - set(ticked) if pk <= selection.through and covers(times[pk])}
            left = wanted & set(ticked)
        else:
            # Tasks that another person's deletion took stay: they are reported when the selection is deleted.
            entered = wanted & set(ticked)
            left = wanted - entered
        SelectionEntry.objects.filter(selection=selection, task__in=left).delete()
        SelectionEntry.objects.bulk_create(
            [SelectionEntry(selection=selection, task_id=pk) for pk in sorted(entered)], ignore_conflicts=True
        )
    selection.entries = selection.ready = None
    return selection


def select_all(*, user: User, filter: Filter) -> Selection:
    """Selects all tasks that match now. Later ones are never included."""
    through = _last_task()
    matched = filter.queryset().filter(pk__lte=through).count()
    return _begin(user=user, filter=filter, mode=Selection.Mode.ALL, through=through, matched=matched)


@transaction.atomic
def copy(selection: Selection) -> Selection:
    """A copy that no page knows, so that no person changes it."""
    same = Selection.objects.create(
        user=selection.user,
        filter=selection.filter,
        frozen=selection.frozen,
        by_task_id=selection.by_task_id,
        mode=selection.mode,
        through=selection.through,
        matched=selection.matched,
    )
    entries = SelectionEntry.objects.filter(selection=selection).values_list("task_id", flat=True)
    SelectionEntry.objects.bulk_create([SelectionEntry(selection=same, task_id=pk) for pk in entries])
    return same


def clear(selection: Selection | None) -> None:
    if selection is not None:
        selection.delete()


def selected(selection: Selection) -> TaskQuerySet:
    """The selected tasks, with held and busy ones: a deletion tells why it skips those."""
    entries = SelectionEntry.objects.filter(selection=selection).values("task")
    if selection.mode == Selection.Mode.IDS:
        return TrackedTask.objects.filter(pk__in=entries)
    return Filter.of_selection(selection).queryset().filter(pk__lte=selection.through).exclude(pk__in=entries)


def drift(selection: Selection) -> int:
    """How many tasks match now but were added after “select all matching” was pressed."""
    if selection.mode == Selection.Mode.IDS:
        return 0
    return Filter.of_selection(selection).queryset().filter(pk__gt=selection.through).count()


def summary(selection: Selection) -> Summary:
    """Numbers for the toolbar. It counts entries only, so it is quick at any size."""
    if selection.entries is None or selection.ready is None:
        counted = Selection.objects.filter(pk=selection.pk).aggregate(**_ENTRIES)
        selection.entries, selection.ready = counted["entries"], counted["ready"]
    entries, ready = selection.entries, selection.ready
    if selection.mode == Selection.Mode.ALL:
        count = max(selection.matched - entries, 0)
        return Summary(uuid=selection.uuid, mode=selection.mode, count=count, excluded=entries)
    return Summary(uuid=selection.uuid, mode=selection.mode, count=ready, excluded=0, lost=entries - ready)


def is_empty(selection: Selection) -> bool:
    """Whether nothing of it is shown; lost tasks are."""
    said = summary(selection)
    return not said.count and not said.lost


def _begin(
    *, user: User, filter: Filter, mode: str = Selection.Mode.IDS, through: int = 0, matched: int = 0
) -> Selection:
    Selection.objects.filter(created_at__lt=timezone.now() - LIFETIME).delete()
    return Selection.objects.create(
        user=user,
        filter=filter.query_string(),
        frozen=filter.frozen().query_string(),
        by_task_id=filter.by_task_id,
        mode=mode,
        through=through,
        matched=matched,
    )


def _last_task() -> int:
    """The highest row number, when no transaction with a lower one is still open."""
    try:
        with transaction.atomic():
            # An import in flight may have numbers that are not visible yet.
            locks.wait_for_writers(TrackedTask._meta.db_table)
            return TrackedTask.objects.aggregate(last=Max("pk"))["last"] or 0
    except OperationalError as error:
        if not locks.waited_too_long(error):
            raise
        raise RegisterBusy("Many tasks are being written at this moment. Select all again in a minute.") from error
