"""What is fetched next: what somebody looks at first, and behind it, within its calls a minute, all other tasks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Max

from dashboard.calls import clock
from dashboard.media import hosts
from dashboard.media.models import PASSING, Picture, Reason, Round, State
from dashboard.register.models import LISTED, TrackedTask

MOST = 500
"""Tasks that are asked for at once."""
LEASE = timedelta(seconds=150)
"""How long a worker has for one picture; then it is anybody's again."""
ATTEMPTS = 5
"""After so many it is left alone until somebody looks at it."""
AGAIN = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=12)]
SOON = timedelta(seconds=30)
"""How long a host that did not answer is left in peace, whoever looks."""
STEP = 200
"""Tasks that one step of the walk looks at."""
BURST = timedelta(seconds=10)
"""Of how long the background may spend the calls at once."""
DAILY = timedelta(days=1)
"""How often the walk begins anew: tasks that it passed may have a file by now."""


def want(task_ids: Sequence[int], *, every: bool = False) -> int:
    """Has the first picture of these tasks fetched before others, or every one. How many are yet to come.

    Of tasks that are gone nothing is fetched any more, nor from a host that is not allowed.
    """
    now, clicked = clock.now(), hosts.clicked()
    tasks = list(TrackedTask.objects.only("urls").filter(pk__in=task_ids[:MOST], presence__in=LISTED))
    found = Picture.objects.filter(task__in=[task.pk for task in tasks])
    known = {(row.task_id, row.number): row for row in found}
    forgotten = {row.task_id for row in known.values() if row.state == State.FORGOTTEN}
    new, again, coming = [], [], 0
    for task in tasks:
        for number, url in enumerate(task.web_urls if every else task.web_urls[:1]):
            row = known.get((task.pk, number))
            if task.pk in forgotten or not hosts.is_allowed(hosts.name_of(url), clicked):
                continue
            if row is None:
                new.append(Picture(task=task, number=number, source=fingerprint(url), urgent=1, due_at=now))
            elif _is_wanted_again(row, url, clicked, now):
                again.append(row.pk)
            coming += row is None or row.state == State.WAITING or row.pk in again[-1:]
    Picture.objects.bulk_create(new, ignore_conflicts=True)
    if again:
        # Not one that a worker has just taken.
        rows = Picture.objects.filter(pk__in=again)
        rows.update(state=State.WAITING, reason="", detail="", urgent=1, due_at=now, attempts=0)
    return coming


def _is_wanted_again(row: Picture, url: str, clicked: Iterable[str], now: datetime) -> bool:
    if row.state == State.WAITING:
        return not row.urgent and row.due_at is not None and row.due_at <= now
    if row.state != State.FAILED:
        return False
    if row.source != fingerprint(url):
        return True
    if row.reason == Reason.NOT_ALLOWED:
        return hosts.is_allowed(row.detail, set(clicked))
    return row.reason in PASSING and (row.fetched_at is None or row.fetched_at < now - SOON)


def fingerprint(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def claim(*, now: datetime) -> Picture | None:
    """The next picture, which is ours for the length of a lease. None when nothing may be fetched now."""
    due = Picture.objects.filter(due_at__lte=now).select_related("task")
    for urgent, order in ((1, "-due_at"), (0, "due_at")):
        row = due.filter(urgent=urgent).order_by(order, "pk").first()
        if row is None or (not urgent and not _spend(now)):
            continue
        lease = now + LEASE
        if Picture.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=lease, attempts=F("attempts") + 1):
            row.due_at, row.attempts = lease, row.attempts + 1
            return row
    return None


def give_back(row: Picture, *, now: datetime) -> None:
    """As if it had never been taken."""
    Picture.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=now, attempts=F("attempts") - 1)


def _spend(now: datetime) -> bool:
    """One call of the background's, if there is one left of those up to now."""
    if not settings.MEDIA_CALLS_PER_MINUTE:
        return False
    each = timedelta(minutes=1) / settings.MEDIA_CALLS_PER_MINUTE
    before = Round.objects.get_or_create(pk=1)[0].call_at
    saved = now - max(BURST, each)
    # What lies ahead was written before the clock was put back.
    after = (max(before, saved) if before is not None and before <= now else saved) + each
    return after <= now and bool(Round.objects.filter(pk=1, call_at=before).update(call_at=after))


def walk(*, now: datetime) -> bool:
    """One step through the register, by its primary key: new tasks first, then back to the oldest. False at the end."""
    if not settings.MEDIA_CALLS_PER_MINUTE or not hosts.any_allowed():
        return False
    row = Round.objects.get_or_create(pk=1)[0]
    tasks = TrackedTask.objects.order_by("pk")
    newest, oldest = row.newest, row.oldest
    if newest is None or oldest is None:
        newest = _last()
        oldest = newest + 1
    numbers = list(tasks.filter(pk__gt=newest).values_list("pk", flat=True)[:STEP])
    walked_at = row.walked_at
    if numbers:
        newest = numbers[-1]
    else:
        numbers = list(tasks.filter(pk__lt=oldest).order_by("-pk").values_list("pk", flat=True)[:STEP])
        oldest = numbers[-1] if numbers else 0
        if not numbers and walked_at is None:
            walked_at = now
        elif not numbers and walked_at is not None and walked_at < now - DAILY:
            newest = oldest = walked_at = None
    here = Round.objects.filter(pk=1, newest=row.newest, oldest=row.oldest)
    if not here.update(newest=newest, oldest=oldest, walked_at=walked_at):
        # Another worker is at it.
        return False
    _note(numbers, now=now)
    return bool(numbers)


def has_work(*, now: datetime) -> bool:
    """Whether the background has anything to do, as far as a few probes of indexes tell."""
    if not settings.MEDIA_CALLS_PER_MINUTE or not hosts.any_allowed():
        return False
    row = Round.objects.filter(pk=1).first()
    if row is None or row.newest is None or row.oldest or row.swept or row.newest < _last():
        return True
    return row.walked_at is None or row.walked_at < now - DAILY or Picture.objects.filter(due_at__lte=now).exists()


def _last() -> int:
    return TrackedTask.objects.aggregate(last=Max("pk"))["last"] or 0


def _note(numbers: list[int], *, now: datetime) -> None:
    clicked = hosts.clicked()
    tasks = TrackedTask.objects.only("urls").filter(pk__in=numbers, presence__in=LISTED)
    Picture.objects.bulk_create(
        [
            Picture(task=task, source=fingerprint(url), due_at=now)
            for task in tasks
            for url in task.web_urls[:1]
            if hosts.is_allowed(hosts.name_of(url), clicked)
        ],
        ignore_conflicts=True,
    )
