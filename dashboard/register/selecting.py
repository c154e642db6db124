"""What a person has selected: a basket that stays while filters come and go. It lives on the server, so a request never
carries more than one page of ids. What is pressed for many is in `presses.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from dashboard.database import marks
from dashboard.register import membership
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Selection, SelectionPress, TaskQuerySet, TrackedTask
from dashboard.register.ticks import GONE, MOST_SHOWN, BadSelection, Ticks, row_numbers

__all__ = ["GONE", "MOST_SHOWN", "BadSelection", "Ticks", "row_numbers"]

Role, Verb = Selection.Role, SelectionPress.Verb

KEPT_FOR = timedelta(days=7)
"""After its last change."""
MOST_KEPT = 20
"""Selections of one person."""
MOST_PRESSES = 20
"""Presses of a selection that are remembered: for what came later, and is told."""
BEGUN_ANEW = (
    "What was selected before is no longer kept: it was cleared elsewhere, or not used for a week. "
    "What is ticked on this page is selected anew."
)


@dataclass(frozen=True, kw_only=True)
class Summary:
    uuid: UUID
    count: int
    excluded: int
    starred_out: int
    all: bool
    """It is what one press for all that match brought, less what was excluded."""

    @property
    def words(self) -> str:
        if self.excluded:
            return f"{self.count:,} selected, {self.excluded:,} excluded"
        return f"All {self.count:,} matching selected" if self.all else f"{self.count:,} selected"


def find(uuid: UUID | None, *, user: User) -> Selection | None:
    """The person's own selection. None stays None; another's, a cleared or a pruned one is refused."""
    if uuid is None:
        return None
    selection = Selection.objects.filter(uuid=uuid, user=user, role=Role.OPEN).select_related("before").first()
    if selection is None:
        raise BadSelection(GONE)
    return selection


def found(uuid: UUID | None, *, user: User) -> Selection | None:
    """That, or None where it is no longer there."""
    try:
        return find(uuid, user=user)
    except BadSelection:
        return None


def was_cleared(uuid: UUID | None, *, user: User) -> bool:
    """Whether its owner knows that it is not there."""
    gone = Selection.objects.filter(user=user, role__in=[Role.CLEARED, Role.ASIDE])
    return uuid is not None and gone.filter(uuid=uuid).exists()


def earlier(*, user: User, besides: Selection | None = None) -> Selection | None:
    """What this person may bring back: what the selection held before, or else what they selected last."""
    if besides is not None and besides.before is not None and besides.before.count:
        return besides.before
    if besides is not None and besides.count:
        return None
    kept = Selection.objects.filter(user=user, role__in=[Role.OPEN, Role.CLEARED], count__gt=0)
    return kept.filter(changed_at__gte=timezone.now() - KEPT_FOR).order_by("-changed_at").first()


def take(ticks: Ticks, *, user: User, filter: Filter) -> tuple[Selection | None, str]:
    """The selection with what a page has ticked; None where nothing is. Where the one before is forgotten a new one
    begins with all that is ticked there, which the sentence tells; it is empty otherwise."""
    try:
        return tick(find(ticks.selection, user=user), ticks, user=user), ""
    except (BadSelection, IntegrityError, Selection.DoesNotExist):
        # Gone, or another tab clears it at this moment.
        anew = Ticks(selection=None, shown=ticks.shown, ticked=ticks.ticked, earlier=ticks.earlier)
        return tick(None, anew, user=user), BEGUN_ANEW


@transaction.atomic
def tick(selection: Selection | None, ticks: Ticks, *, user: User) -> Selection | None:
    """Ticks and unticks what was changed on one page; everything else stays as it is."""
    entered, left = ticks.changed
    if selection is None and not entered:
        return None
    changed = {*entered, *left}
    rows = TrackedTask.objects.selectable().filter(pk__in=changed) if changed else TrackedTask.objects.none()
    fit = set(rows.values_list("pk", flat=True))
    if selection is None:
        selection = begin(user=user, before=ticks.earlier)
    elif fit:
        selection = locked(selection)
    if fit:
        mixed = entered & fit
        if selection.filter is not None and mixed:
            # What was excluded and is ticked again belongs to the same press.
            again = set(marks.pressed_among(selection.pk, mixed))
            selection.filter = selection.filter if mixed == again else None
        membership.change(selection, entered=entered & fit, left=left & fit)
        keep(selection)
    return selection


def locked(selection: Selection) -> Selection:
    """As it is now, and nobody else changes it before the end of this transaction. Raises `DoesNotExist`."""
    return Selection.objects.select_for_update().get(pk=selection.pk, role=Role.OPEN)


def begin(*, user: User, before: UUID | None = None) -> Selection:
    """An empty one. What it stands in for can be brought back."""
    _prune(user)
    mine = Selection.objects.filter(user=user, uuid=before).exclude(role=Role.DRAFT) if before else None
    selection: Selection = Selection.objects.create(user=user, before=mine.first() if mine is not None else None)
    return selection


def keep(selection: Selection) -> None:
    """Writes what was changed of one that is locked."""
    selection.revision += 1
    selection.changed_at = timezone.now()
    selection.save()
    selection.moved = True


def _prune(user: User) -> None:
    Selection.objects.filter(changed_at__lt=timezone.now() - KEPT_FOR).delete()
    kept = Selection.objects.filter(user=user).exclude(role=Role.DRAFT).order_by("-changed_at")
    if older := list(kept.values_list("pk", flat=True)[MOST_KEPT:]):
        Selection.objects.filter(pk__in=older).delete()


@transaction.atomic
def copy(selection: Selection, *, role: str = Role.DRAFT) -> Selection:
    """The same tasks, in a selection that no page knows, so that nobody ticks or clears it."""
    kept = {name: getattr(selection, name) for name in ("user", "count", "excluded", "starred_out", "filter")}
    same = Selection.objects.create(role=role, changed_at=selection.changed_at, **kept)
    marks.copy(selection.pk, same.pk)
    SelectionPress.objects.bulk_create(
        [
            SelectionPress(selection=same, **press)
            for press in selection.presses.order_by("pk").values("verb", "meaning", "by_task_id", "through")
        ]
    )
    return same


def clear(selection: Selection | None) -> None:
    """Its owner may still bring it back."""
    if selection is None:
        return
    Selection.objects.filter(pk=selection.pk).update(role=Role.CLEARED, changed_at=timezone.now())


@transaction.atomic
def restore(selection: Selection | None, *, user: User, before: UUID | None = None) -> Selection:
    """What was selected before is selected again. What is selected now takes its place, and can be brought back too."""
    if selection is not None:
        selection = locked(selection)
        back = earlier(user=user, besides=selection)
    else:
        mine = Selection.objects.filter(user=user, role__in=[Role.OPEN, Role.CLEARED])
        back = mine.filter(uuid=before).first() if before else earlier(user=user)
    if back is None:
        raise BadSelection("There is nothing to bring back any more. Select the tasks again.")
    if selection is None:
        Selection.objects.filter(pk=back.pk).update(role=Role.OPEN, changed_at=timezone.now())
        return Selection.objects.get(pk=back.pk)
    # The address of the page stays, so the two take each other's.
    ours, theirs = selection.uuid, back.uuid
    rows = Selection.objects.filter(pk=selection.pk)
    rows.update(uuid=uuid4(), role=Role.ASIDE, before=None)
    Selection.objects.filter(pk=back.pk).update(
        uuid=ours, role=Role.OPEN, before=selection, revision=F("revision") + 1, changed_at=timezone.now()
    )
    rows.update(uuid=theirs)
    return Selection.objects.select_related("before").get(pk=back.pk)


@transaction.atomic
def leave_out(selection: Selection, task: int) -> Selection:
    """One task is unticked, whatever the page that shows it says. Raises `DoesNotExist`."""
    selection = locked(selection)
    membership.change(selection, entered=(), left=[task])
    keep(selection)
    return selection


@transaction.atomic
def spend(selection: Selection, *, revision: int, frozen: marks.Numbers) -> None:
    """What was confirmed leaves it. `revision`: what it was when these numbers of tasks were frozen; what was selected
    after that stays."""
    selection, before = locked(selection), selection.before
    if selection.revision != revision:
        membership.remove(selection, frozen)
        selection.filter = None
        keep(selection)
        return
    selection.delete()
    if before is not None:
        Selection.objects.filter(pk=before.pk, role=Role.ASIDE).delete()


def selected(selection: Selection, *, between: tuple[int, int] | None = None) -> TaskQuerySet:
    """The tasks themselves, held and busy ones included: whoever deletes says why it skips them."""
    return TrackedTask.objects.filter(membership.held(selection, between=between))


def drift(selection: Selection) -> int:
    """How many match now what was pressed for, and were added to the register after that."""
    presses = list(selection.presses.order_by("pk"))
    later: list[Q] = []
    for press in presses:
        matching = Filter.of_press(press).queryset().filter(pk__gt=press.through).values("pk")
        if press.verb == Verb.ADD:
            later.append(Q(pk__in=matching))
        elif later:
            later = [one & ~Q(pk__in=Filter.of_press(press).queryset().values("pk")) for one in later]
    if not later:
        return 0
    first = min(press.through for press in presses if press.verb == Verb.ADD)
    added = TrackedTask.objects.filter(reduce(or_, later), pk__gt=first)
    return added.exclude(membership.held(selection, between=(first, last_task()))).count()


def meaning(selection: Selection) -> str:
    """The filter by which all of it was selected, as it was read then; empty where there is no such one."""
    if selection.filter is None:
        return ""
    press = selection.presses.filter(verb=Verb.ADD).order_by("-pk").first()
    return press.meaning if press else ""


def last_task() -> int:
    return TrackedTask.objects.aggregate(last=Max("pk"))["last"] or 0


def summary(selection: Selection, filter: Filter | None = None) -> Summary:
    """What the toolbar says; nothing is counted for it."""
    fits = filter is None or (selection.filter == filter.query_string() and filter.within is None)
    return Summary(
        uuid=selection.uuid,
        count=selection.count,
        excluded=selection.excluded,
        starred_out=selection.starred_out,
        all=selection.filter is not None and fits and not selection.starred_out,
    )
