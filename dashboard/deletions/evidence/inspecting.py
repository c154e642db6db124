"""Inspections: look-ups after a deletion's end, because some effects come late and some are undone.

1. An inspection that is due marks its items in chunks: doubtful results, and a new random sample.
2. Shifts look them up when nothing else is to be sent; controls vouch for the answers as for all others.
3. A wrong result is corrected in the item, its task, the counts and the history, and shown to the requester.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from dashboard.audit import chain
from dashboard.calls import accounts
from dashboard.calls.judging import Finding
from dashboard.database import sql
from dashboard.database.sql import Sql
from dashboard.deletions.dispatch.settlement import Carried, Settlement, not_said
from dashboard.deletions.evidence.proof import Found, is_gone
from dashboard.deletions.evidence.sampling import AT_LEAST, dice
from dashboard.deletions.models import SUCCESS, Deletion, DeletionItem, Evidence, Inspection, Outcome, State
from dashboard.deletions.moves import ITEMS, TASKS, change_items, shift_counters
from dashboard.pages.moments import for_record

Picked = DeletionItem.Picked

WINDOW = 2000
"""Rows that one step checks."""
SURE = 2
"""Look-ups in a row that must find a result wrong before it is changed."""


def to_mark(*, now: datetime) -> QuerySet[Deletion]:
    """Deletions with a due inspection that has not checked all items."""
    unmarked = Inspection.objects.filter(at=None, due_at__lte=now, marked_through__lt=F("deletion__last_item"))
    here = {"state": State.FINISHED, "host": accounts.current_host()}
    return Deletion.objects.filter(pk__in=unmarked.values("deletion"), **here)


def end_idle(*, now: datetime) -> None:
    """Ends inspections whose last items were given up, which no other code does."""
    marked = Inspection.objects.filter(at=None, begun_at__isnull=False, marked_through__gte=F("deletion__last_item"))
    for row in marked.select_related("deletion"):
        with transaction.atomic():
            deletion = Deletion.objects.select_for_update().get(pk=row.deletion_id)
            _end_if_done(row.pk, deletion, now=now)


def mark_chunk(deletion: Deletion, *, now: datetime, size: int | None = None) -> bool:
    """Marks the next items for a look-up. False when all were checked."""
    with transaction.atomic():
        deletion = Deletion.objects.select_for_update().get(pk=deletion.pk)
        unmarked = deletion.inspections.filter(at=None, due_at__lte=now, marked_through__lt=deletion.last_item)
        row = unmarked.first()
        if row is None or deletion.state != State.FINISHED:
            return False
        if row.begun_at is None:
            _mark(row, _random(deletion), now=now)
        begun = row.begun_at or now
        first = max(row.marked_through, deletion.first_item - 1)
        through = min(first + WINDOW, deletion.last_item)
        found = sql.rows(
            f"""SELECT id FROM {ITEMS} WHERE id > %s AND id <= %s AND deletion_id + 0 = %s AND touched
            AND outcome IN ('deleted', 'already_gone', 'refused', 'kept') AND inspection IS NULL
            AND COALESCE(claim, call_id) IS NULL AND not_before IS NULL
            AND (outcome <> 'deleted' OR code IS NULL OR code <> 1000 OR %s) AND (seen_at IS NULL OR seen_at < %s)""",  # nosec B608 # only names from the code
            first,
            through,
            deletion.pk,
            row.everything,
            begun,
        )
        _mark(row, [pk for (pk,) in found], now=now)
        Inspection.objects.filter(pk=row.pk).update(marked_through=through, begun_at=begun)
        _end_if_done(row.pk, deletion, now=now)
    return True


def _random(deletion: Deletion) -> list[int]:
    """A new random sample of the items that ended with Success."""
    if not deletion.deleted:
        return []
    found = sql.rows(
        f"""SELECT id FROM {ITEMS} WHERE deletion_id = %s AND outcome = %s AND code = 1000
        AND inspection IS NULL AND COALESCE(claim, call_id) IS NULL AND not_before IS NULL""",  # nosec B608 # only names from the code
        deletion.pk,
        Outcome.DELETED,
    )
    keys = [pk for (pk,) in found]
    return dice.sample(keys, min(AT_LEAST, len(keys)))


def _mark(inspection: Inspection, keys: list[int], *, now: datetime) -> None:
    fresh = {"not_before": now, "failures": 0, "gone_times": 0, "there_times": 0, "gone_at": None}
    change_items(keys, {"inspection": inspection.pk, **fresh})


def conclude(work: Settlement, found: Found) -> None:
    """Settles one look-up of an inspection. The deletion's row must be locked."""
    item = found.item
    if item.inspection is None:
        return
    is_said_gone = item.outcome in {Outcome.DELETED, Outcome.ALREADY_GONE}
    is_found_gone = found.finding == Finding.GONE
    if is_said_gone == is_found_gone:
        if is_found_gone and not found.witnessed and not is_gone(work, found, times=SURE):
            return
        _as_it_was(work, found)
    elif not _is_sure(work, found):
        return
    elif _told_by_another(work, item):
        change_items([item.pk], {"claim": None, "inspection": None, "not_before": None})
    elif is_found_gone:
        _gone_after_all(work, found)
    else:
        _there_again(work, found)
    Inspection.objects.filter(pk=item.inspection).update(
        looked_up=F("looked_up") + 1,
        **{"gone" if is_found_gone else "there": F("gone" if is_found_gone else "there") + 1},
    )
    _end_if_done(item.inspection, Deletion.objects.get(pk=work.deletion.pk), now=work.now, work=work)


def _as_it_was(work: Settlement, found: Found) -> None:
    item = found.item
    change_items([item.pk], {"claim": None, "inspection": None, "not_before": None, **found.seen})
    fields = not_said(item)
    if fields and item.picked == Picked.RANDOM:
        # Its own look-up had brought no answer yet.
        fields |= {"sample_gone": Sql("sample_gone + 1")}
    shift_counters(work.deletion.pk, {}, **fields)


def _is_sure(work: Settlement, found: Found) -> bool:
    """Whether the result was found wrong often enough; if not, another look-up is due."""
    item = found.item
    if found.finding == Finding.GONE:
        return is_gone(work, found, times=SURE)
    times = (item.there_times or 0) + 1
    if times >= SURE:
        return True
    again = work.after_failures(2)
    change_items([item.pk], {"claim": None, "there_times": times, "gone_times": 0, "not_before": again})
    return False


def _told_by_another(work: Settlement, item: Carried) -> bool:
    """Whether another deletion has had the task since, so that its state now is the work of that one."""
    shown = f"SELECT 1 FROM {TASKS} WHERE id = %s AND last_deletion = %s"  # nosec B608 # only names from the code
    return not sql.rows(shown, item.tracked_id, work.deletion.uuid)


def _gone_after_all(work: Settlement, found: Found) -> None:
    item = found.item
    before = Outcome(item.outcome).label
    message = f"{before}; found gone at {for_record(found.at)}"
    work.change(
        [item], Outcome.DELETED, message=message, verified="gone", inspection=None, not_before=None, **found.seen
    )
    if item.code == SUCCESS:
        shift_counters(work.deletion.pk, {}, **_resampled(item, gone=True))
    work.correct(item)


def _there_again(work: Settlement, found: Found) -> None:
    item = found.item
    message = f"{Outcome(item.outcome).label}; found there at {for_record(found.at)}"
    # An alarm only if TensorsLab said Success: an earlier look-up that found it gone may have been wrong.
    alarm = {"alarms": Sql("alarms + 1")} if item.code == SUCCESS else {}
    unsaid = {"unsaid": Sql("unsaid - 1")} if item.code != SUCCESS and item.lost_at is None else {}
    shift_counters(work.deletion.pk, {}, **alarm, **unsaid, **_resampled(item, gone=False), **not_said(item))
    work.change(
        [item], Outcome.REFUSED, message=message, verified="present", inspection=None, not_before=None, **found.seen
    )
    # TensorsLab may have undone deletes, or look-ups lag: all other results are looked up too.
    rest = Inspection.objects.filter(pk=item.inspection or 0, everything=False)
    if rest.update(everything=True, marked_through=0):
        work.alarm(item, {"look_up": message})
    work.correct(item)


def _resampled(item: Carried, *, gone: bool) -> dict[str, Sql]:
    """The change of the random sample's counters when the result of one of its items changes."""
    if item.picked != Picked.RANDOM:
        return {}
    better, worse = ("sample_gone", "sample_there") if gone else ("sample_there", "sample_gone")
    seen = item.evidence == Evidence.SEEN
    return {better: Sql(f"{better} + 1"), **({worse: Sql(f"{worse} - 1")} if seen else {})}


def _end_if_done(pk: int, deletion: Deletion, *, now: datetime, work: Settlement | None = None) -> None:
    row = Inspection.objects.get(pk=pk)
    left = DeletionItem.objects.filter(deletion=deletion, inspection=pk)
    # An item whose look-up is out still has its `not_before`.
    pending = left.filter(not_before__isnull=False) | left.filter(claim__gt=0)
    if row.at is None and row.marked_through >= deletion.last_item and not pending.exists():
        Inspection.objects.filter(pk=pk).update(at=now)
        # What was seen belongs into a new closing entry and certificate.
        Deletion.objects.filter(pk=deletion.pk).update(closed_at=None)
        told: dict[str, object] = {
            "looked_up": row.looked_up,
            "gone": row.gone,
            "there": row.there,
            "changed": row.changed,
        }
        if work is not None:
            work.events.append(("deletion.inspected", told))
        else:
            chain.append(actor="", action="deletion.inspected", subject=str(deletion.uuid), detail=told)
