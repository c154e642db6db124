"""History: pages of 1,000 deletions and a report, which must not feel how many items those have."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Aggregate, Count, Max, Min, Q
from django.utils import timezone

from bench import product, registers
from bench.part import Case, Figures, Judged, Part, Run
from bench.visitor import Visitor
from dashboard.calls import accounts
from dashboard.database.folding import fold
from dashboard.deletions.history.listing import PAGE_SIZE
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.register.models import TrackedTask

WARM = 2
PEOPLE = ["ada", "grace", "linus", "margaret"]
REASONS = ["Tests of last week", "Customer left", "Duplicates", "Wrong prompt"]
OUTCOME = "CASE WHEN id %% 1000 = 7 THEN 'unknown' WHEN id %% 50 = 9 THEN 'refused' ELSE 'deleted' END"
"""Of a thousand 979 are deleted, 20 refused and one unknown."""
COUNTED: dict[str, Aggregate] = {
    "total": Count("pk"),
    "first_item": Min("pk"),
    "last_item": Max("pk"),
    "images": Count("pk", filter=Q(kind="image")),
    **{outcome: Count("pk", filter=Q(outcome=outcome)) for outcome in ("deleted", "refused", "unknown")},
}
"""Values that the product stores with a deletion, so that its pages need not read the items."""


def measure(case: Case) -> Figures:
    largest = make(size=case.items, deletions=case.deletions)
    pages = paths(largest)
    figures: Figures = {name: {"ms": []} for name in pages}
    with product.web(workers=1) as web, product.undisturbed():
        visitor = Visitor(web.host, registers.person("bench"))
        for turn in range(WARM + case.repeat):
            for name, (path, shown) in pages.items():
                answer = visitor.page(path)
                # A page that shows something else must not be measured.
                assert shown in answer.text, path
                if turn >= WARM:
                    figures[name]["ms"].append(answer.seconds * 1000)
        before = web.peak_memory() / 1e6
        report = visitor.page(f"{largest.get_absolute_url()}report.csv")
        memory = {"web MB before": before, "after": web.peak_memory() / 1e6}
    figures["report.csv"] = {
        "of items": largest.total,
        "s": report.seconds,
        "MB": len(report.text.encode()) / 1e6,
        **memory,
    }
    return figures


def make(*, size: int, deletions: int) -> Deletion:
    """Finished deletions of one register. Returns the one with all of its tasks, which has a tenth of all items."""
    tasks = size // 10
    registers.make(tasks)
    others = Deletion.objects.bulk_create(deletion(number, deletions) for number in range(deletions))
    largest = others.pop(deletions // 2)
    fill(largest, after=0, number=tasks)
    each = (size - tasks) // len(others)
    first = TrackedTask.objects.order_by("pk").values_list("pk", flat=True)[0] - 1
    for place, other in enumerate(others):
        # Consecutive parts of the register, and from its beginning again.
        fill(other, after=first + place * each % (tasks - each + 1), number=each)
    registers.settle(Deletion, DeletionItem)
    largest.refresh_from_db()
    assert largest.total == tasks
    return largest


def deletion(number: int, deletions: int) -> Deletion:
    moment = timezone.now() - timedelta(hours=deletions - number)
    moments = ["created_at", "confirmed_at", "starts_at", "armed_at", "finished_at", "opened_at"]
    reason = f"{REASONS[number % len(REASONS)]}, ticket {number}"
    return Deletion(
        actor_name=PEOPLE[number % len(PEOPLE)],
        reason=reason,
        reason_folded=fold(reason),
        host=accounts.current_host(),
        state=State.FINISHED,
        **dict.fromkeys(moments, moment),
    )


def fill(deletion: Deletion, *, after: int, number: int) -> None:
    moment = connection.ops.adapt_datetimefield_value(deletion.confirmed_at)
    sent = {"attempts": 1, "touched": True, "message": "Successfully", "sent_at": moment, "settled_at": moment}
    registers.insert_items(deletion, outcome=OUTCOME, after=after, number=number, **sent)
    Deletion.objects.filter(pk=deletion.pk).update(**deletion.items.aggregate(**COUNTED))


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


def judge(run: Run, same: list[Run]) -> Judged:
    few = min(same, key=lambda other: other.case.items)
    for name, figures in run.figures.items():
        if run is not few and "ms" in figures:
            yield f"{name} ÷ at {few.case.items:,}", run.median(name, "ms") / few.median(name, "ms"), {}


PART = Part(
    options={
        "items": ([100_000, 10_000_000], "items of all deletions"),
        "deletions": (1000, "one of them holds a tenth of all items"),
        "repeat": (20, "how often each page is loaded"),
    },
    measure=measure,
    judge=judge,
)
