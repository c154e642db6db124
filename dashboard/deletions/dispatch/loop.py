"""A shift: ten seconds of sending, and ten more while no other job waits for its worker.

The shift itself writes all rows; only HTTP happens in threads (`in_flight`). It does one thing at a time, and uses a
free slot before it records an answer. In this order:

1. Once a second it looks round: deletions begin or pause, look-ups that controls vouch for are concluded, and large
   changes (arming, Undo, Stop …) that have chunks left are found.
2. If an answer that is not recorded yet is worrying, ready calls are taken back and it is recorded first: perhaps
   nothing should be sent.
3. Every free slot gets a call: a ready one, else the next due one. A guarded statement lets it leave.
4. Answers are collected. If one is expected soon, nothing long is begun before it.
5. One answer is recorded, if no other came meanwhile.
6. Otherwise the next call is made ready or, if there is one for each slot, a large change goes on by a chunk.
7. With nothing to do it waits for calls in flight. If there are none, it waits for work due within a second; else the
   shift ends, and the queue wakes the next one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from dashboard.calls import accounts, clock, slots
from dashboard.calls.in_flight import Answer, InFlight
from dashboard.database import dialect
from dashboard.deletions.dispatch import agenda, arming, next_call
from dashboard.deletions.dispatch.next_call import Chunk
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.evidence import concluding, next_controls
from dashboard.deletions.models import Deletion, State

logger = logging.getLogger(__name__)

LENGTH = 10.0
SHARE = 8
"""The most slots for one shift where several workers run, so that they share."""
POLL = 0.2
TRIES_FOR_A_SLOT = 3
"""Tries, `POLL` apart: look-ups for the register leave theirs within a call's time."""
MOMENT = 1.0
LOOK_ROUND = 1.0
"""Seconds between two looks round, which are not made after every answer."""
CONTROLS_ROUND = 0.5
"""Seconds between checks whether controls are wanted, while other calls are."""
RETRIED_FOR, AGAIN = 10.0, 0.5
"""Seconds for which recording an answer is retried, and between two tries. After that time the leases of its slots run
out, and other workers take over."""

stopping = threading.Event()
"""Set by the worker's signal handler: calls in hand are finished, and no new ones are taken."""


@dataclass(kw_only=True)
class Shift:
    """Has one call in flight per slot."""

    length: float = LENGTH
    may_go_on: Callable[[], bool] = lambda: False
    """Asked when its time is up, because the end of a shift leaves every slot unused for a moment."""
    clock: Callable[[], datetime] = clock.now
    ours: list[slots.OurSlot] = field(default_factory=list)
    """Slots that are leased to us."""
    free: list[slots.OurSlot] = field(default_factory=list)
    """The slots of `ours` without a call."""
    ready: deque[Chunk] = field(default_factory=deque)
    """Calls written down ahead, at most one per slot."""
    answered: deque[Answer[Chunk]] = field(default_factory=deque)
    """Answers that are not recorded yet."""
    unfinished: deque[tuple[Callable[..., bool], Deletion]] = field(default_factory=deque)
    """Large changes that are being made in chunks."""
    looked_round_at: float = 0.0
    controls_at: float = 0.0
    """When to check next whether controls are wanted."""
    dry: bool = False
    """No call was found that may leave, and nothing has happened since that could change that."""

    def run(self) -> bool:
        """Works until time is up or nothing is due. False if there was no free slot."""
        self.ends = time.monotonic() + self.length
        self._look_round()
        if stopping.is_set() or agenda.needs_a_person(now=self.clock()):
            return True
        for _ in range(TRIES_FOR_A_SLOT):
            self._take_slots()
            if self.ours or stopping.wait(POLL):
                break
        if not self.ours:
            return False
        self.in_flight: InFlight[Chunk] = InFlight(self.share)
        try:
            self._send_all()
        except (OperationalError, InterfaceError):
            connection.close()
            self._finish()
            raise
        finally:
            self.in_flight.close()
            self._take_back_ready()
            # After a failure a call in flight has its slot until the lease is lost.
            out = self.in_flight.slots()
            for slot in self.ours:
                if slot not in out:
                    slots.release(slot)
        return True

    @property
    def share(self) -> int:
        """The most slots that it takes."""
        return SHARE if dialect.lets_several_write() else settings.TENSORSLAB_CONCURRENCY

    def _take_slots(self) -> None:
        """Takes what is free: look-ups for the register may have had some of them until now."""
        if len(self.ours) < min(self.share, settings.TENSORSLAB_CONCURRENCY):
            more = slots.take(self.share - len(self.ours))
            self.ours += more
            self.free += more

    def _finish(self) -> None:
        """Records all answers after a failure, those of calls in flight too, so that none is lost."""
        while self.in_flight or self.answered:
            if not self.answered:
                self._collect(patience=POLL)
            else:
                self._settle_next()

    def _over(self) -> bool:
        return stopping.is_set() or time.monotonic() > self.ends

    def _look_round(self) -> None:
        """Begins and pauses deletions, and finds those that have to be armed, undone or stopped."""
        if self.ours:
            slots.renew_all(self.ours)
            self._take_slots()
        agenda.heed_account(now=self.clock())
        agenda.begin_due(now=self.clock())
        concluding.conclude(now=self.clock())
        self.unfinished = deque(agenda.unfinished_chunks(now=self.clock()))
        self.looked_round_at = time.monotonic()
        self.dry = False

    def _do_a_chunk(self) -> bool:
        """Does one short step of a large change, of each deletion in turn. False if there is none."""
        if not self.unfinished or self._over():
            return False
        step, deletion = self.unfinished.popleft()
        size = arming.whole_batches() if self.in_flight or deletion.state == State.RUNNING else None
        if step(deletion, now=self.clock(), size=size):
            self.unfinished.append((step, deletion))
        self.dry = False
        return True

    def _send_all(self) -> None:
        while True:
            worrying = any(answer.verdict.ruling not in accounts.USABLE for answer in self.answered)
            if time.monotonic() > self.ends and not stopping.is_set() and self.may_go_on():
                self.ends = time.monotonic() + self.length
            if worrying or self._over():
                self._take_back_ready()
            # Answers may come faster than they are recorded: more leaves only if at most one per slot is unrecorded.
            busy = worrying or len(self.answered) > len(self.ours)
            while self.free and not busy and not self._over() and self._send():
                pass
            came = self._collect(patience=self._worth_waiting())
            if self.answered and (busy or not came):
                self._settle_next()
            elif not came and not self._work_ahead():
                if not self.in_flight and not self._wait_a_moment():
                    return
                self._collect(patience=POLL)
                self.dry = False
            if time.monotonic() > self.looked_round_at + LOOK_ROUND:
                self._look_round()

    def _work_ahead(self) -> bool:
        """Uses the time while calls are out: makes the next call ready, or does a chunk of a large change."""
        if self._over():
            return False
        if self.in_flight and len(self.ready) < len(self.ours) and (chunk := self._next_call()):
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
        """Controls in their turn, then look-ups and deletes. If no large change has a chunk left, controls that could
        wait, and last of all inspections of ended deletions."""
        now = self.clock()
        if time.monotonic() >= self.controls_at:
            if chunk := next_controls.prepare(now=now, idle=False):
                return chunk
            self.controls_at = time.monotonic() + CONTROLS_ROUND
        if chunk := next_call.prepare(now=now):
            return chunk
        if self.unfinished:
            # Not idle: the next chunk may arm what leaves before controls that can wait, and before inspections.
            return None
        if chunk := next_controls.prepare(now=now, idle=True):
            return chunk
        return next_call.prepare_inspection(now=now)

    def _take_back_ready(self) -> None:
        while self.ready:
            next_call.release(self.ready.popleft().call.pk)

    def _send(self) -> bool:
        """Sends one more call. False if none is due."""
        slot = self.free[0]
        # The deadline is set before the call is written down, because this process may be stopped from here on: when
        # the lease has run out, the deadline is long past, and the thread sends nothing.
        deadline = time.monotonic() + settings.TENSORSLAB_TIMEOUT
        chunk = self.ready.popleft() if self.ready else self._next_call()
        if chunk is None:
            return False
        try:
            if not next_call.leave(chunk, slot, now=self.clock()):
                return True
        except slots.Lost:
            self.free.remove(slot)
            self.ours.remove(slot)
            return True
        self.free.remove(slot)
        self.in_flight.send(chunk, slot, deadline=deadline)
        return True

    def _wait_a_moment(self) -> bool:
        """Waits for work that is due within `MOMENT`, which is cheaper than a new shift. False if there is none."""
        due = agenda.next_due(now=self.clock()) if self.ours and not self._over() else None
        if due is None or (left := (due - self.clock()).total_seconds()) > MOMENT:
            return False
        stopping.wait(max(left, 0.02))
        self._look_round()
        return True

    def _settle_next(self) -> None:
        """Records one answer, and tries again if the database fails."""
        answer = self.answered.popleft()
        gives_up = time.monotonic() + RETRIED_FOR
        while True:
            try:
                return self._write_down(answer)
            except (OperationalError, InterfaceError):
                if time.monotonic() > gives_up:
                    raise
                logger.warning("The database did not take an answer; once more in %s s.", AGAIN, exc_info=True)
                connection.close()
                time.sleep(AGAIN)

    def _write_down(self, answer: Answer[Chunk]) -> None:
        now = self.clock()
        came_at = now - timedelta(seconds=time.monotonic() - answer.came_at)
        is_control = answer.chunk.deletion_id is None
        if is_control:
            next_controls.settle(answer.chunk.call, answer.verdict, now=now, came_at=came_at)
        else:
            settle(answer.chunk.call.pk, answer.verdict, now=now, came_at=came_at, sent=answer.chunk.call)
        if is_control or answer.verdict.ruling not in accounts.USABLE:
            agenda.heed_account(now=now)
        # Checked again after the last of several answers: one seldom changes it, and a check costs as much as a record.
        self.dry = self.dry and bool(self.answered)

    def _worth_waiting(self) -> float:
        """Seconds until an answer that is expected soon, so that its slot is used again at once."""
        return self.in_flight.next_in() if 2 * len(self.answered) <= len(self.ours) else 0.0

    def _collect(self, *, patience: float) -> bool:
        """Collects answered and overdue calls. False if there were none."""
        answers, out = self.in_flight.collect(patience=patience), self.in_flight.slots()
        self.answered += answers
        self.free += [answer.slot for answer in answers if answer.slot]
        # An overdue call still has its slot.
        self.ours = [slot for slot in self.ours if slot in out or slot in self.free]
        return bool(answers)
