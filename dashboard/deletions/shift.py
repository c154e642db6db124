"""A shift: about ten seconds of sending. Only HTTP happens in its threads; every row is written by the shift itself."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from django.utils import timezone

from dashboard.calls import sending, slots
from dashboard.calls.verdicts import Ruling, Unanswered, Verdict, judge_delete, judge_look_up
from dashboard.deletions import arming, engine
from dashboard.deletions.engine import Chunk
from dashboard.deletions.settling import settle

logger = logging.getLogger(__name__)

LENGTH = 10.0
SHARE = 8
"""The most slots one shift takes where several workers run, so that they share."""
POLL = 0.2
OVERDUE = 5.0

GO_ON = {Ruling.SUCCESS, Ruling.REFUSED, Ruling.GONE, Ruling.THERE}

stopping = threading.Event()
"""Set by the worker's signal handler: the calls in hand are finished, nothing new is taken."""


@dataclass(frozen=True, kw_only=True)
class InHand:
    hold: slots.Hold
    chunk: Chunk
    deadline: float


@dataclass(kw_only=True)
class Shift:
    """Keeps one call in flight per slot, and the next one claimed while it waits."""

    length: float = LENGTH
    holds: list[slots.Hold] = field(default_factory=list)
    in_hand: dict[Future[Verdict], InHand] = field(default_factory=dict)
    ready: dict[int, Chunk] = field(default_factory=dict)

    def run(self) -> bool:
        """Works until time is up or nothing is due. False when there was no free slot to work with."""
        self.ends = time.monotonic() + self.length
        self._catch_up()
        if stopping.is_set() or engine.next_due(now=timezone.now()) is None:
            return True
        self.holds = slots.take(SHARE if connection.vendor == "postgresql" else settings.TENSORSLAB_CONCURRENCY)
        if not self.holds:
            return False
        pool = ThreadPoolExecutor(max_workers=len(self.holds), thread_name_prefix="call")
        try:
            self._send_all(pool)
        finally:
            # A thread that outlived its deadline must not hold the worker: its call is settled, its slot expires.
            pool.shutdown(wait=False, cancel_futures=True)
            for chunk in self.ready.values():
                engine.give_back(chunk.call_id, now=timezone.now())
            # What is still out after a failure keeps its slot until its lease is lost.
            out = {held.hold for held in self.in_hand.values()}
            for hold in self.holds:
                if hold not in out:
                    slots.release(hold)
        return True

    def _over(self) -> bool:
        return stopping.is_set() or time.monotonic() > self.ends

    def _catch_up(self) -> None:
        """Arming, Undo and Stop of large deletions; each step is short."""
        while not self._over():
            work = arming.unfinished_chunks()
            if not work:
                break
            for step, deletion in work:
                step(deletion, now=timezone.now())
        engine.heed_account()
        engine.begin_due(now=timezone.now())

    def _send_all(self, pool: ThreadPoolExecutor) -> None:
        idle = list(self.holds)
        while True:
            idle = [hold for hold in idle if not self._send_next(pool, hold)]
            if not self.in_hand:
                return
            self._claim_ahead()
            for future in self._answered():
                held = self.in_hand.pop(future)
                overdue = not future.done()
                verdict = self._overdue(held.chunk) if overdue else future.result()
                if overdue:
                    self.holds.remove(held.hold)
                # The ready chunk leaves before the books are written: the provider need not wait for them. Unless
                # the answer may be a reason to send nothing at all.
                elif verdict.ruling not in GO_ON or not self._send_next(pool, held.hold, ready_only=True):
                    idle.append(held.hold)
                settle(held.chunk.call_id, verdict, now=timezone.now())
            self._catch_up()

    def _send_next(self, pool: ThreadPoolExecutor, hold: slots.Hold, *, ready_only: bool = False) -> bool:
        """Sends this slot's next chunk. False when there is none, or it may not be sent."""
        chunk = self.ready.pop(hold.number, None)
        if chunk is None and not ready_only and not self._over():
            chunk = engine.claim(hold, now=timezone.now())
        if chunk is None:
            return False
        # Taken before the call is opened: whatever holds this process up from here on, when the lease has run out
        # the deadline is long past, and the thread sends nothing any more.
        deadline = time.monotonic() + settings.TENSORSLAB_TIMEOUT
        if self._over() or not slots.renew(hold) or not engine.open_chunk(chunk, now=timezone.now()):
            engine.give_back(chunk.call_id, now=timezone.now())
            return False
        future = pool.submit(
            sending.perform, operation=chunk.operation, kind=chunk.kind, ids=chunk.ids, deadline=deadline
        )
        self.in_hand[future] = InHand(hold=hold, chunk=chunk, deadline=deadline)
        return True

    def _claim_ahead(self) -> None:
        # Not in the last moments: what could not be sent any more would only have to be given back.
        if stopping.is_set() or time.monotonic() > self.ends - 1:
            return
        for held in self.in_hand.values():
            if held.hold.number not in self.ready:
                chunk = engine.claim(held.hold, now=timezone.now())
                if chunk is None:
                    return
                self.ready[held.hold.number] = chunk

    def _answered(self) -> list[Future[Verdict]]:
        done, out = wait(self.in_hand, timeout=POLL, return_when=FIRST_COMPLETED)
        overdue = [future for future in out if time.monotonic() > self.in_hand[future].deadline + OVERDUE]
        return [*done, *overdue]

    def _overdue(self, chunk: Chunk) -> Verdict:
        error = Unanswered(f"No answer in {settings.TENSORSLAB_TIMEOUT:g} s.")
        return judge_delete(error) if chunk.operation == engine.Operation.DELETE else judge_look_up(error)
