"""Placing a hold on a frozen set that one person chose: at once, or by a job where it is large."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from dashboard.audit import chain
from dashboard.register.holding import asking, covered, jobs, steps
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.models import Hold, Selection, TrackedTask

AT_ONCE = 5000
"""The most tasks that are held, or released, while the person waits."""
NAMED = 1000
"""The most tasks that the log names one by one; of more it has the number, and the rows have each."""
PLACED = "hold.placed"
STAYS = "It stays with the tasks, for everybody to read."
NONE = "None of these tasks can be held: they are deleted, or missing at TensorsLab."
TWICE = "This was done by an earlier press. Nothing was held twice."


def place(*, selection: Selection, by: By, reason: str, until: datetime | None, now: datetime) -> Hold:
    """Raises `Invalid`, or `Refused` where an earlier press did it."""
    number = asking.holdable(selection)
    if errors := asking.reason_errors(reason, stays=STAYS) or ({} if number else {"": NONE}):
        raise Invalid(errors)
    large = number > AT_ONCE
    about = {"by": by.name, "reason": reason.strip(), "until": until, "placed_at": now, "moved_at": now}
    try:
        with transaction.atomic():
            hold = Hold.objects.create(**about, made_of=selection.uuid, selection=selection, expected=number)
            if large:
                jobs.place.enqueue(str(hold.uuid))
            else:
                covered.lay(hold, asking.tasks_of(selection), now=now)
                steps.placed(hold, now=now)
                hold.refresh_from_db()
            record(hold, by=by, **({"selected": number} if large else named(hold)))
    except IntegrityError:
        if Hold.objects.filter(made_of=selection.uuid).exists():
            raise Refused(TWICE) from None
        raise
    return hold


def named(hold: Hold) -> dict[str, object]:
    """How many tasks came under it, and which."""
    told: dict[str, object] = {"tasks": hold.placed}
    if hold.placed <= NAMED:
        rows = TrackedTask.objects.filter(holds__hold=hold).order_by("pk")
        told["named"] = [list(row) for row in rows.values_list("kind", "task_id")]
    return told


def record(hold: Hold, *, by: By, **detail: object) -> None:
    """Tells the log, as the last statement of its transaction."""
    until = {"until": hold.until.isoformat()} if hold.until else {}
    about = {"reason": hold.reason, **until, **detail}
    chain.append(actor=by.name, address=by.address, action=PLACED, subject=str(hold.uuid), detail=about)
