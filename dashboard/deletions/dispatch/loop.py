"""A shift: ten seconds of sending, and ten more while nobody else waits for its worker.

Only HTTP happens in its threads; every row is written by the shift itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from dashboard.calls import accounts, clock, sending, slots
from dashboard.calls.verdicts import Unanswered, Verdict, judge_delete, judge_look_up
from dashboard.database import dialect
from dashboard.deletions.dispatch import agenda, arming, next_call
from dashboard.deletions.dispatch.next_call import Chunk
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.evidence import concluding, next_controls
from dashboard.deletions.models import Deletion, State

logger = logging.getLogger(__name__)

LENGTH = 10.0
SHARE = 8
"""The most slots one shift takes where several workers run, so that they share."""
POLL = 0.2
MOMENT = 1.0
LOOK_ROUND = 1.0
"""Seconds between looks at what else has come up: this is not done after every answer."""
SOON, SLACK = 0.025, 0.005
"""Seconds: when an answer is so near, nothing else is begun that it would have to wait for; and how late it may be."""
CONTROLS_ROUND = 0.5
"""Seconds between looks whether controls are wanted, while other calls are."""
HELD_ON, AGAIN = 10.0, 0.5
"""Seconds for which an answer is held that the database does not take, and from one try to the next. By then the leases
of its slots run out, and others do the work."""
OVERDUE = 3.0
"""Seconds past its deadline after which a call is given up although its thread has not come back."""

stopping = threading.Event()
"""Set by the worker's signal handler: the calls in hand are finished, nothing new is taken."""


@dataclass(frozen=True, kw_only=True)
class InHand:
    hold: slots.Hold
    chunk: Chunk
    deadline: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Moments here are of `time.monotonic()`."""

    chunk: Chunk
    verdict: Verdict
    came_at: float


@dataclass(kw_only=True)
class Shift:
    """Keeps one call in flight per slot. A free slot is used before the books of an answer are written."""

    length: float = LENGTH
    may_go_on: Callable[[], bool] = lambda: False
    """Asked when its time is up. To end means that every slot stands still for a moment."""
    clock: Callable[[], datetime] = clock.now
    holds: list[slots.Hold] = field(default_factory=list)
    """Slots that are ours."""
    idle: list[slots.Hold] = field(default_factory=list)
    """Those of them without a call."""
    in_hand: dict[Future[tuple[Verdict, float]], InHand] = field(default_factory=dict)
    ready: deque[Chunk] = field(default_factory=deque)
    """Calls written down ahead, at most one a slot."""
    answered: deque[Answer] = field(default_factory=deque)
    """What is not in the books yet."""
    unfinished: deque[tuple[Callable[..., bool], Deletion]] = field(default_factory=deque)
    """Large changes that are being made a chunk at a time."""
    looked_round_at: float = 0.0
    controls_at: float = 0.0
    """When it is looked next whether controls are wanted."""
    usual: float = 0.0
    """Seconds that an answer takes, as far as we have seen."""
    dry: bool = False
    """Nothing was found that may leave, and nothing that could change that has happened since."""

    def run(self) -> bool:
        """Works until time is up or nothing is due. False when there was no free slot to work with."""
        self.ends = time.monotonic() + self.length
        self._look_round()
        if stopping.is_set() or agenda.next_due(now=self.clock()) is None:
            return True
        self.holds = slots.take(SHARE if dialect.lets_several_write() else settings.TENSORSLAB_CONCURRENCY)
        if not self.holds:
            return False
        pool = ThreadPoolExecutor(max_workers=len(self.holds), thread_name_prefix="call")
        try:
            self._send_all(pool)
        except (OperationalError, InterfaceError):
            connection.close()
            self._finish()
            raise
        finally:
            # A thread that outlived its deadline must not hold the worker: its call is settled, its slot expires.
            pool.shutdown(wait=False, cancel_futures=True)
            self._release_ready()
            # What is still out after a failure keeps its slot until its lease is lost.
            out = {held.hold for held in self.in_hand.values()}
            for hold in self.holds:
                if hold not in out:
                    slots.release(hold)
        return True

    def _finish(self) -> None:
        """After a failure: what was answered, or is about to be, is known, and is not thrown away."""
        while self.in_hand or self.answered:
            if not self.answered:
                self._collect(patience=POLL)
            else:
                self._settle_next()

    def _over(self) -> bool:
        return stopping.is_set() or time.monotonic() > self.ends

    def _look_round(self) -> None:
        """What is to begin, what must pause, and which large deletions have to be armed, undone or stopped."""
        slots.keep(self.holds)
        agenda.heed_account(now=self.clock())
        agenda.begin_due(now=self.clock())
        concluding.conclude(now=self.clock())
        self.unfinished = deque(agenda.unfinished_chunks(now=self.clock()))
        self.looked_round_at = time.monotonic()
        self.dry = False

    def _do_a_chunk(self) -> bool:
        """One short step of a large change, of each deletion in turn. False when there is none to do."""
        if not self.unfinished or self._over():
            return False
        step, deletion = self.unfinished.popleft()
        size = arming.whole_batches() if self.in_hand or deletion.state == State.RUNNING else None
        if step(deletion, now=self.clock(), size=size):
            self.unfinished.append((step, deletion))
        self.dry = False
        return True

    def _send_all(self, pool: ThreadPoolExecutor) -> None:
        self.idle = list(self.holds)
        while True:
            # What a worrying answer means is written down before anything else leaves: perhaps nothing should.
            careful = any(answer.verdict.ruling not in accounts.USABLE for answer in self.answered)
            if time.monotonic() > self.ends and not stopping.is_set() and self.may_go_on():
                self.ends = time.monotonic() + self.length
            if careful or self._over():
                self._release_ready()
            # Answers may come faster than books are written: at most one a slot is in no book when more leaves.
            busy = careful or len(self.answered) > len(self.holds)
            while self.idle and not busy and not self._over() and self._send(pool):
                pass
            came = self._collect(patience=self._worth_waiting())
            if self.answered and (busy or not came):
                self._settle_next()
            elif not came and not self._work_ahead():
                if not self.in_hand and not self._wait_a_moment():
                    return
                self._collect(patience=POLL)
                self.dry = False
            if time.monotonic() > self.looked_round_at + LOOK_ROUND:
                self._look_round()

    def _work_ahead(self) -> bool:
        """While calls are out there is time: the next ones are written down, or a large change goes on."""
        if self._over():
            return False
        if self.in_hand and len(self.ready) < len(self.holds) and (chunk := self._next_call()):
            self.ready.append(chunk)
            return True
        return self._do_a_chunk()

    def _next_call(self) -> Chunk | None:
        if self.dry:
            return None
        chunk = self._first_due()
        self.dry = chunk is None
        return chunk

    def _first_due(self) -> Chunk | None:
        """Controls in their turn, then look-ups and deletes; looking at ended deletions again comes last."""
        now = self.clock()
        if time.monotonic() >= self.controls_at:
            if chunk := next_controls.prepare(now=now, idle=False):
                return chunk
            self.controls_at = time.monotonic() + CONTROLS_ROUND
        if chunk := next_call.prepare(now=now):
            return chunk
        if chunk := next_controls.prepare(now=now, idle=True):
            return chunk
        return next_call.prepare_inspection(now=now)

    def _release_ready(self) -> None:
        while self.ready:
            next_call.release(self.ready.popleft().call.pk)

    def _send(self, pool: ThreadPoolExecutor) -> bool:
        """Sends one more call. False when none is due."""
        hold = self.idle[0]
        # Taken before the call is written down: whatever holds this process up from here on, when the lease has run
        # out the deadline is long past, and the thread sends nothing any more.
        deadline = time.monotonic() + settings.TENSORSLAB_TIMEOUT
        chunk = self.ready.popleft() if self.ready else self._next_call()
        if chunk is None:
            return False
        try:
            if not next_call.leave(chunk, hold, now=self.clock()):
                return True
        except slots.Lost:
            self.idle.remove(hold)
            self.holds.remove(hold)
            return True
        self.idle.remove(hold)
        future = pool.submit(_perform, chunk, deadline)
        self.in_hand[future] = InHand(hold=hold, chunk=chunk, deadline=deadline)
        return True

    def _wait_a_moment(self) -> bool:
        """Waits for what is due within one: a short rest is no reason to go through the queue."""
        due = agenda.next_due(now=self.clock()) if self.holds and not self._over() else None
        if due is None or (left := (due - self.clock()).total_seconds()) > MOMENT:
            return False
        stopping.wait(max(left, 0.02))
        self._look_round()
        return True

    def _settle_next(self) -> None:
        """Writes the books of one answer. It is not lost while the database can't take it: that is tried again."""
        answer = self.answered.popleft()
        gives_up = time.monotonic() + HELD_ON
        while True:
            try:
                return self._write_down(answer)
            except (OperationalError, InterfaceError):
                if time.monotonic() > gives_up:
                    raise
                logger.warning("The database did not take an answer; once more in %s s.", AGAIN, exc_info=True)
                connection.close()
                time.sleep(AGAIN)

    def _write_down(self, answer: Answer) -> None:
        now = self.clock()
        came_at = now - timedelta(seconds=time.monotonic() - answer.came_at)
        is_control = answer.chunk.deletion_id is None
        if is_control:
            next_controls.settle(answer.chunk.call, answer.verdict, now=now, came_at=came_at)
        else:
            settle(answer.chunk.call.pk, answer.verdict, now=now, came_at=came_at, sent=answer.chunk.call)
        if is_control or answer.verdict.ruling not in accounts.USABLE:
            agenda.heed_account(now=now)
        # One answer of several seldom changes it, and looking costs as much as its books do.
        self.dry = self.dry and bool(self.answered)

    def _worth_waiting(self) -> float:
        """Seconds until an answer that is about to come, so that its slot is used again at once."""
        if 2 * len(self.answered) > len(self.holds):
            return 0.0
        now = time.monotonic()
        ages = (now + settings.TENSORSLAB_TIMEOUT - held.deadline for held in self.in_hand.values())
        near = [self.usual - age for age in ages if -SLACK < self.usual - age < SOON]
        return min(near) + SLACK if near else 0.0

    def _collect(self, *, patience: float) -> bool:
        """Takes in what was answered, or is overdue. False when there was nothing."""
        done, out = wait(self.in_hand, timeout=patience, return_when=FIRST_COMPLETED)
        for future in done:
            held = self.in_hand.pop(future)
            took = time.monotonic() + settings.TENSORSLAB_TIMEOUT - held.deadline
            # What we noticed late was not late: it falls at once, and rises slowly.
            self.usual = min(took, self.usual + (took - self.usual) / 4) if self.usual else took
            verdict, came_at = future.result()
            self.answered.append(Answer(chunk=held.chunk, verdict=verdict, came_at=came_at))
            self.idle.append(held.hold)
        overdue = [future for future in out if time.monotonic() > self.in_hand[future].deadline + OVERDUE]
        for future in overdue:
            # Its thread may still be at work, so its slot is not ours to use any more.
            held = self.in_hand.pop(future)
            self.answered.append(Answer(chunk=held.chunk, verdict=_no_answer(held.chunk), came_at=time.monotonic()))
            self.holds.remove(held.hold)
        return bool(done or overdue)


def _perform(chunk: Chunk, deadline: float) -> tuple[Verdict, float]:
    """Its verdict, and when the answer came: the books are written later."""
    verdict = sending.perform(chunk.call, deadline=deadline)
    return verdict, time.monotonic()


def _no_answer(chunk: Chunk) -> Verdict:
    error = Unanswered(f"No answer in {settings.TENSORSLAB_TIMEOUT:g} s.")
    return judge_delete(error) if chunk.call.operation == next_call.Operation.DELETE else judge_look_up(error)
