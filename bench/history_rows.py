"""A history of any size, made by a few large statements. Needs Django set up."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Aggregate, Count, Max, Min, Q
from django.utils import timezone

from bench import items, registers
from dashboard.calls import accounts
from dashboard.calls.models import Kind
from dashboard.deletions.history import PAGE_SIZE
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.folding import fold
from dashboard.inventory.models import TrackedTask

PEOPLE = ["ada", "grace", "linus", "margaret"]
OUTCOME = "CASE WHEN id %% 1000 = 7 THEN 'unknown' WHEN id %% 50 = 9 THEN 'refused' ELSE 'deleted' END"
"""Of a thousand 979 are deleted, 20 refused, and of one nobody knows."""
COUNTED: dict[str, Aggregate] = {
    "total": Count("pk"),
    "images": Count("pk", filter=Q(kind=Kind.IMAGE)),
    "videos": Count("pk", filter=Q(kind=Kind.VIDEO)),
    "first_item": Min("pk"),
    "last_item": Max("pk"),
    **{outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in Outcome},
}
REASONS = ["Tests of last week", "Customer left", "Duplicates", "Wrong prompt"]


def make(*, size: int, deletions: int) -> Deletion:
    """Finished deletions of one register. Returns the one that holds all of it, which is a tenth of all items."""
    tasks = size // 10
    registers.make(tasks)
    history = [deletion(number, deletions) for number in range(deletions)]
    Deletion.objects.bulk_create(history)
    largest, others = history[deletions // 2], history[: deletions // 2] + history[deletions // 2 + 1 :]
    fill(largest, after=0, number=tasks)
    each = (size - tasks) // len(others)
    first = TrackedTask.objects.order_by("pk").values_list("pk", flat=True)[0] - 1
    for place, other in enumerate(others):
        # Side by side through the register, and from its beginning again.
        fill(other, after=first + place * each % (tasks - each + 1), number=each)
    count()
    registers.settle(Deletion, DeletionItem)
    largest.refresh_from_db()
    assert largest.total == tasks
    return largest


def deletion(number: int, deletions: int) -> Deletion:
    moment = timezone.now() - timedelta(hours=deletions - number)
    reason = f"{REASONS[number % len(REASONS)]}, ticket {number}"
    return Deletion(
        actor_name=PEOPLE[number % len(PEOPLE)],
        reason=reason,
        reason_folded=fold(reason),
        host=accounts.current_host(),
        state=State.FINISHED,
        created_at=moment,
        confirmed_at=moment,
        starts_at=moment,
        armed_at=moment,
        finished_at=moment,
        opened_at=moment,
    )


def fill(deletion: Deletion, *, after: int, number: int) -> None:
    moment = connection.ops.adapt_datetimefield_value(deletion.confirmed_at)
    sent = {"attempts": 1, "touched": True, "message": "Successfully", "sent_at": moment, "settled_at": moment}
    items.insert(deletion, outcome=OUTCOME, after=after, number=number, **sent)


def count() -> None:
    """What the product keeps of a deletion's items, so that its pages need not ask them."""
    fields = {field.name for field in Deletion._meta.concrete_fields}
    kept = {name: number for name, number in COUNTED.items() if name in fields}
    rows = Deletion.objects.in_bulk()
    for pk, *numbers in DeletionItem.objects.values_list("deletion_id").annotate(**kept).order_by():
        for name, number in zip(kept, numbers, strict=True):
            setattr(rows[pk], name, number)
    Deletion.objects.bulk_update(rows.values(), list(kept), batch_size=50)


def paths(largest: Deletion) -> dict[str, tuple[str, str]]:
    """Each page, and a text that it must show."""
    tasks = TrackedTask.objects.order_by("pk")
    task = tasks[tasks.count() // 2]
    oldest = list(Deletion.objects.order_by("confirmed_at", "pk")[: PAGE_SIZE + 1])
    day = f"{largest.confirmed_at:%Y-%m-%d}"
    own = largest.get_absolute_url()
    last = -(-largest.total // PAGE_SIZE)
    return {
        "first": ("/deletions/", "ticket "),
        "last": (f"/deletions/?cursor=older-{oldest[-1].pk}", oldest[0].code),
        "by": ("/deletions/?by=grace", "grace"),
        "outcome": ("/deletions/?outcome=refused", "ticket "),
        "kind": ("/deletions/?kind=video", "ticket "),
        "after, before": (f"/deletions/?after={day}&before={day}", largest.code),
        "task": (f"/deletions/?task={task.task_id}", "ticket "),
        "reason": (f"/deletions/?q={largest.reason.replace(' ', '+')}", largest.code),
        "deletion, first": (own, largest.code),
        "deletion, deep": (f"{own}?page={last}", largest.code),
        "deletion, refused": (f"{own}?outcome=refused", largest.code),
    }
