"""The job that fetches, in small portions. The queue wakes it; the rows say what there is to do.

It has the worker only while nobody else needs it: a deletion's job, or any other, ends a portion within a tenth of a
second, with whatever it was fetching or decoding. What was in hand is due again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from dashboard.calls import clock
from dashboard.media import hosts, keeping, making, storing, wanting
from dashboard.media.decoding import Decoder, Interrupted
from dashboard.media.fetching import Fetch, Rules
from dashboard.media.models import Picture, Reason, Round

logger = logging.getLogger(__name__)

PRIORITY = -10
"""Below every other job."""
LENGTH = 10.0
"""Seconds after which a portion begins nothing more."""
AT_ONCE = 4
"""Files that are fetched side by side."""
LOOK_ROUND = 0.1
"""Seconds between looks whether somebody else needs the worker."""
REST = timedelta(seconds=10)
"""From one portion of the background to the next."""
STEPS = 5
"""Of the walk that one portion takes."""

stopping = threading.Event()
"""Set by the worker's signal handler."""


@task(priority=PRIORITY)
def fetch() -> None:
    Round.objects.filter(pk=1).update(wake_at=None)
    portion(may_go_on=Courtesy())
    now = clock.now()
    if not stopping.is_set() and _is_urgent(now):
        wake(now)


class Courtesy:
    """Whether nobody else needs the worker; asked often, and looked up every tenth of a second."""

    def __init__(self) -> None:
        self.looked_at, self.answer = float("-inf"), True

    def __call__(self) -> bool:
        if stopping.is_set():
            return False
        if time.monotonic() > self.looked_at + LOOK_ROUND:
            self.answer = not DBTaskResult.objects.ready().filter(priority__gt=PRIORITY).exists()
            self.looked_at = time.monotonic()
        return self.answer


def wake(moment: datetime) -> None:
    """Enqueues a portion, unless one is asked for already. Inside the caller's transaction: they commit together."""
    now = clock.now()
    Round.objects.get_or_create(pk=1)
    nobody_comes = Q(wake_at=None) | Q(wake_at__gt=moment) | Q(wake_at__lt=now - 2 * REST)
    ready = DBTaskResult.objects.ready().filter(task_path=fetch.module_path)
    if not ready.exists() and Round.objects.filter(nobody_comes, pk=1).update(wake_at=max(moment, now)):
        fetch.using(run_after=moment if moment > now else None).enqueue()


def wake_due(*, now: datetime) -> None:
    """For whoever tends: what is looked at is fetched at once, the rest every few seconds."""
    if _is_urgent(now):
        wake(now)
    elif wanting.has_work(now=now):
        wake(now + REST)


def _is_urgent(now: datetime) -> bool:
    return Picture.objects.filter(urgent=1, due_at__lte=now).exists()


def portion(*, may_go_on: Callable[[], bool], length: float = LENGTH, rules: Rules | None = None) -> None:
    """Fetches what is due, four files at a time, until time is up or nothing is left; then keeps house."""
    rules = rules or Rules(clicked=frozenset(hosts.clicked()))
    ends = time.monotonic() + length
    for _ in range(STEPS):
        if not may_go_on() or Picture.objects.filter(urgent=0, due_at__lte=clock.now()).exists():
            break
        if not wanting.walk(now=clock.now()):
            break
    with Decoder() as decoder, storing.workshop() as folder:
        work = Work(decoder, folder, rules, may_go_on)
        try:
            while work.step(more=time.monotonic() < ends):
                continue
        except Interrupted:
            work.give_back()
        except OSError:
            # The store does not take it: no use in fetching more.
            logger.warning("Pictures can't be kept now.", exc_info=settings.DEBUG)
            work.give_back(again_in=REST)
            return
    if may_go_on():
        Round.objects.get_or_create(pk=1)
        keeping.sweep(now=clock.now())


class Work:
    """What one portion has in hand."""

    def __init__(self, decoder: Decoder, folder: Path, rules: Rules, may_go_on: Callable[[], bool]) -> None:
        self.decoder, self.folder, self.rules, self.may_go_on = decoder, folder, rules, may_go_on
        self.in_hand: list[tuple[Picture, Fetch]] = []
        self.begun = 0

    def step(self, *, more: bool) -> bool:
        """Begins what may be begun, and settles what has come. False when nothing is in hand any more."""
        if not self.may_go_on():
            raise Interrupted
        while more and len(self.in_hand) < AT_ONCE and (row := wanting.claim(now=clock.now())):
            self._begin(row)
        done = next((one for one in self.in_hand if one[1].is_done()), None)
        if done is not None:
            self._settle(*done)
            self.in_hand.remove(done)
        elif self.in_hand:
            time.sleep(0.01)
        return bool(self.in_hand) or (more and done is not None)

    def _begin(self, row: Picture) -> None:
        urls = row.task.web_urls
        if row.number >= len(urls):
            making.fail(row, Reason.NO_FILE, now=clock.now())
            return
        url = urls[row.number]
        # The task may have another address by now.
        Picture.objects.filter(pk=row.pk).update(source=wanting.fingerprint(url))
        self.begun += 1
        self.in_hand.append((row, Fetch(url, self.folder / str(self.begun), self.rules)))

    def _settle(self, row: Picture, fetched: Fetch) -> None:
        try:
            if fetched.reason is not None:
                making.fail(row, fetched.reason, fetched.detail, now=clock.now())
                return
            making.make(row, fetched.into, self.decoder, now=clock.now(), may_go_on=self.may_go_on)
        finally:
            fetched.into.unlink(missing_ok=True)

    def give_back(self, *, again_in: timedelta = timedelta()) -> None:
        for row, fetched in self.in_hand:
            fetched.cut(Reason.TOO_SLOW)
            wanting.give_back(row, now=clock.now() + again_in)
