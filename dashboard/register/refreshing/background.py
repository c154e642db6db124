"""What each worker does beside its jobs: it looks up what somebody asked for, and what is stale.

It has a thread of its own, so that a call without an answer keeps no job waiting. Rows say what is left to do, and
deletions go first: `may_go_on` tells whether none of them needs the account now.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from itertools import chain

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection

from dashboard.calls import accounts, clock, controls, doubts
from dashboard.calls.models import Account
from dashboard.register.refreshing import allowances, due, requests
from dashboard.register.refreshing.allowances import PerMinute
from dashboard.register.refreshing.asking import Asking, Sleep, Stopped
from dashboard.register.refreshing.calls import Calls
from dashboard.register.refreshing.claims import in_doubt
from dashboard.register.refreshing.due import Task

logger = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks whether something is to be looked up."""
STOPS = "This worker stops."


def keep_up(stop: threading.Event, may_go_on: Callable[[], bool]) -> None:
    """Goes on until told to stop, and after errors."""

    def wait(seconds: float) -> None:
        if stop.wait(seconds):
            raise Stopped(STOPS)

    def goes_on() -> bool:
        return not stop.is_set() and may_go_on()

    while not stop.wait(EVERY):
        close_old_connections()
        try:
            turn(sleep=wait, may_go_on=goes_on, is_over=stop.is_set)
        except OperationalError:
            logger.warning("The database did not answer; looking up again in %s s.", EVERY, exc_info=settings.DEBUG)
        # If this thread died, the register would not be looked up any more, and nothing would say so.
        except Exception:
            logger.exception("Looking up failed; again in %s s.", EVERY)
    connection.close()


def turn(*, sleep: Sleep, may_go_on: Callable[[], bool], is_over: Callable[[], bool] = lambda: False) -> None:
    """What is asked for first, else the calls of this minute."""
    if settings.READ_ONLY:
        return
    by_itself = settings.REFRESH_CALLS_PER_MINUTE and not allowances.is_spent(now=clock.now())
    # `may_go_on` costs more than these two, and is asked only if there is something to do.
    if not (by_itself or requests.under_way().exists()) or not may_go_on():
        return
    if row := requests.next_one(now=clock.now()):
        requests.go_on(row, sleep=sleep, may_go_on=may_go_on, is_over=is_over)
    elif by_itself:
        controls.heed_key(now=clock.now())
        account = accounts.current()
        if account.doubt:
            look_again(account)
        else:
            _refresh(sleep=sleep, may_go_on=may_go_on)


def _refresh(*, sleep: Sleep, may_go_on: Callable[[], bool]) -> None:
    allowance = PerMinute()
    portions = due.portions(due.by_age(clock.now()), allowance)
    first = next(portions, None)
    if first is None:
        # Nothing is stale: it is soon enough to look again in a minute.
        allowance.take(settings.REFRESH_CALLS_PER_MINUTE)
        return
    asking = Asking(portions=chain([first], portions), actor="", sleep=sleep, may_go_on=may_go_on, allowance=allowance)
    done = asking.run()
    if done.stopped:
        # Whatever it was, it is tried again in the next minute.
        allowance.take(settings.REFRESH_CALLS_PER_MINUTE)
        logger.info("Looking up stopped: %s", done.stopped)


def look_again(account: Account) -> None:
    """Asks about witnesses of an account in doubt, so that the doubt ends when that is put right, also while no
    deletion waits for it."""
    now, chosen = clock.now(), []
    if not accounts.may_send(account, now=now):
        return
    known = list(account.controls.all())
    doubtful = [control for control in known if doubts.is_doubtful(control, account, now=now)]
    # If the reasons are too old to be found, all controls are made again, which ends the doubt.
    for control in doubtful or known:
        purposes = controls.wanted(control, doubted=True, since=now, now=now, in_hand=Counter(), idle=True)
        named = ((purpose, in_doubt(purpose, control)) for purpose in purposes)
        chosen += [(str(purpose), Task(0, control.kind, task_id)) for purpose, task_id in named if task_id]
    calls = Calls("")
    if chosen and calls.room(alone=False):
        try:
            PerMinute().put_back(-len(chosen))
            calls.send(chosen)
            while calls.out or calls.answered:
                calls.collect()
        finally:
            calls.leave_slots()
