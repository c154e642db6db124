"""*Look up now* of what is selected: a frozen set, each task of it asked about once, below all deletions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from dashboard.audit import chain
from dashboard.calls import clock, controls
from dashboard.register import selecting
from dashboard.register.models import LookUp, Presence, Selection
from dashboard.register.refreshing import due
from dashboard.register.refreshing.allowances import Number
from dashboard.register.refreshing.asking import Asking, Sleep

REQUESTED = "tasks.look_up"
LEAST = 1000
"""So many may be looked up at once, however few calls a minute are made in the background."""
A_DAY = 24 * 60
"""Minutes: what is selected may have the calls of a day at once, but no more, so that no press keeps the account busy
for longer than its owner allows."""
PATIENCE = timedelta(seconds=20)
"""Time without a worker at it after which another one goes on."""
HEARTBEAT = timedelta(seconds=5)
SESSION = "looked_up"
"""Where a browser's session has what was asked for last."""
SHOWN_FOR = timedelta(minutes=10)
"""How long the list shows what came of it."""
UNDER_WAY = "Tasks that you chose before are being looked up. Wait until that is done."


class Refused(Exception):
    """The text is a sentence for people."""


class UnderWay(Refused):
    """This person's last one is not done."""

    def __init__(self, row: LookUp) -> None:
        super().__init__(UNDER_WAY)
        self.row = row


def most() -> int:
    return max(LEAST, settings.REFRESH_CALLS_PER_MINUTE * A_DAY)


def request(selection: Selection, *, user: User, address: str, now: datetime) -> LookUp:
    """Freezes what is selected. Raises `Refused`."""
    if selection.count > most():
        raise Refused(
            f"{selection.count:,} tasks are too many to look up at once. Select up to {most():,}, which is what the "
            "calls of a day allow, or let manage.py refresh_tasks look everything up."
        )
    with transaction.atomic():
        # Two presses at once: the second waits here, and finds the first.
        User.objects.select_for_update().get(pk=user.pk)
        if before := under_way().filter(user=user).first():
            raise UnderWay(before)
        frozen = selecting.copy(selection)
        row: LookUp = LookUp.objects.create(user=user, selection=frozen, tasks=frozen.count, requested_at=now)
        chain.append(
            actor=user.get_username(),
            address=address,
            action=REQUESTED,
            subject=str(row.uuid),
            detail={"tasks": row.tasks},
        )
    return row


def under_way() -> QuerySet[LookUp]:
    return LookUp.objects.filter(finished_at=None)


def told(uuid: str | None, *, now: datetime) -> LookUp | None:
    """What the list tells whoever asked for that: what is under way, or was until a while ago."""
    if uuid is None:
        return None
    recent = Q(finished_at=None) | Q(finished_at__gt=now - SHOWN_FOR)
    row: LookUp | None = LookUp.objects.filter(recent, uuid=uuid).first()
    if row is not None and row.finished_at is None:
        row.looked_up, row.missing = _counted(row)
    return row


def next_one(*, now: datetime) -> LookUp | None:
    """The oldest that no worker is at; it is ours then."""
    for row in under_way().order_by("requested_at"):
        if under_way().filter(_stands_still(now), pk=row.pk).update(moved_at=now):
            return row
    return None


def _stands_still(now: datetime) -> Q:
    return Q(moved_at=None) | Q(moved_at__lt=now - PATIENCE) | Q(moved_at__gt=now + PATIENCE)


def go_on(row: LookUp, *, sleep: Sleep, may_go_on: Callable[[], bool], is_over: Callable[[], bool]) -> None:
    """Looks up what is left of it. `is_over`: whether this worker stops, so that another goes on."""
    if row.selection is None:
        _finish(row, stopped="What was selected is no longer kept.")
        return
    controls.heed_key(now=clock.now())
    portions = due.portions(due.of_selection(row.selection, asked_at=row.requested_at), Number())
    heart = Heart(row, may_go_on)
    done = Asking(portions=portions, actor=row.user.get_username(), sleep=sleep, may_go_on=heart).run()
    if not is_over():
        _finish(row, stopped=done.stopped)


class Heart:
    """Tells other workers, whenever it is asked whether to go on, that this one is still at it."""

    def __init__(self, row: LookUp, may_go_on: Callable[[], bool]) -> None:
        self.row, self.may_go_on, self.beat_at = row, may_go_on, clock.now()

    def __call__(self) -> bool:
        now = clock.now()
        if not self.beat_at <= now < self.beat_at + HEARTBEAT:
            LookUp.objects.filter(pk=self.row.pk).update(moved_at=now)
            self.beat_at = now
        return self.may_go_on()


def _finish(row: LookUp, *, stopped: str) -> None:
    looked_up, missing = _counted(row)
    with transaction.atomic():
        ending = {"finished_at": clock.now(), "looked_up": looked_up, "missing": missing, "stopped": stopped}
        if under_way().filter(pk=row.pk).update(**ending) and row.selection is not None:
            row.selection.delete()


def _counted(row: LookUp) -> tuple[int, int]:
    """How many of it were looked up since it was asked for, and how many of those are missing."""
    if row.selection is None:
        return 0, 0
    seen = selecting.selected(row.selection).filter(checked_at__gte=row.requested_at)
    return seen.count(), seen.filter(presence=Presence.MISSING).count()
