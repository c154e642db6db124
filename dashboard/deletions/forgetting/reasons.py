"""Erases the reasons of holds and deletions that were of nothing but forgotten tasks, here and in the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from dashboard.audit import rewriting
from dashboard.calls import accounts
from dashboard.deletions.drafts.eligibility import HELD
from dashboard.deletions.models import Deletion, DeletionItem, Forgetting
from dashboard.register.models import ForgottenTask, HeldTask, Hold, HoldRelease, TrackedTask

BATCH = 50
AT_ONCE = 1000
"""Tasks in a transaction."""


def erase(forgetting: Forgetting) -> None:
    """In transactions of its own; what one of them did counts as done, so that this can be begun again."""
    for hold in _holds(forgetting):
        _erase_hold(hold, forgetting)
    pks = [pk for pk in _deletions(forgetting) if _is_forgotten(Deletion.objects.get(pk=pk))]
    for start in range(0, len(pks), BATCH):
        _erase_deletions(pks[start : start + BATCH], forgetting)


def _marked(task: str) -> Exists:
    return Exists(ForgottenTask.objects.filter(task=OuterRef(task)))


def _holds(forgetting: Forgetting) -> Iterator[Hold]:
    """Whose every task was forgotten, of those that this is about. What takes in more has other tasks to come."""
    under = HeldTask.objects.filter(task__forgettings__forgetting=forgetting.uuid, hold__reason__gt="")
    pks = list(under.order_by().values_list("hold", flat=True).distinct())
    forgotten = HeldTask.objects.filter(_marked("task"), hold__in=pks).order_by().values_list("hold")
    for pk, number in forgotten.annotate(number=Count("pk")):
        hold = Hold.objects.get(pk=pk)
        if hold.placed == number and not hold.takes_in and not hold.is_being_placed:
            yield hold


def _erase_hold(hold: Hold, forgetting: Forgetting) -> None:
    rows = HeldTask.objects.filter(hold=hold, release=None).order_by("task_id")
    last = 0
    while pks := list(rows.filter(task_id__gt=last).values_list("task_id", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            tasks = TrackedTask.objects.filter(pk__in=pks)
            list(tasks.select_for_update().order_by("pk").values_list("pk"))
            tasks.filter(held_by=hold.by, held_reason=hold.reason).update(held_reason="")
        last = pks[-1]
    with transaction.atomic():
        accounts.locked()
        _erase_in_facts(f"{HELD}: {hold.reason}", forgetting)
        Hold.objects.filter(pk=hold.pk).update(reason="", stopped_reason="")
        HoldRelease.objects.filter(hold=hold).update(reason="")
        releases = HoldRelease.objects.filter(hold=hold).values_list("uuid", flat=True)
        _count(forgetting, 1, rewriting.erase_reasons([str(hold.uuid), *map(str, releases)]))


def _erase_in_facts(told: str, forgetting: Forgetting) -> None:
    """What a deletion told of why some were skipped."""
    items = DeletionItem.objects.filter(tracked__forgettings__forgetting=forgetting.uuid, message=HELD)
    pks = list(items.order_by().values_list("deletion", flat=True).distinct())
    for row in Deletion.objects.select_for_update().filter(pk__in=pks).order_by("pk"):
        skipped = row.facts.get("skipped", [])
        if any(why == told for why, _ in skipped):
            row.facts["skipped"] = [[HELD if why == told else why, number] for why, number in skipped]
            row.save(update_fields=["facts"])


def _deletions(forgetting: Forgetting) -> list[int]:
    items = DeletionItem.objects.filter(tracked__forgettings__forgetting=forgetting.uuid)
    said = items.filter(Q(deletion__reason__gt="") | Q(deletion__declined_reason__gt=""))
    return list(said.order_by("deletion").values_list("deletion", flat=True).distinct())


def _is_forgotten(deletion: Deletion) -> bool:
    items = DeletionItem.objects.between(deletion, deletion.first_item, deletion.last_item)
    return deletion.is_frozen and not items.filter(~_marked("tracked")).exists()


def _erase_deletions(pks: Sequence[int], forgetting: Forgetting) -> None:
    with transaction.atomic():
        accounts.locked()
        rows = Deletion.objects.filter(pk__in=pks).order_by("pk")
        uuids = list(rows.select_for_update().values_list("uuid", flat=True))
        rows.update(reason="", reason_folded="", declined_reason="")
        _count(forgetting, len(uuids), rewriting.erase_reasons([str(uuid) for uuid in uuids]))


def _count(forgetting: Forgetting, reasons: int, entries: int) -> None:
    row = Forgetting.objects.select_for_update().get(pk=forgetting.pk)
    add(row, {"reasons": reasons, "entries": entries})
    row.save(update_fields=["erased"])


def add(row: Forgetting, more: dict[str, int]) -> None:
    row.erased = {name: row.erased.get(name, 0) + more.get(name, 0) for name in {**row.erased, **more}}
