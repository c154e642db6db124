"""Calls in flight: as many threads as slots, and only HTTP happens in them. A call that is sent while all threads are
busy leaves when one of them has its answer."""

from __future__ import annotations

import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, NamedTuple, Protocol, TypeVar

from django.conf import settings

from dashboard.calls import recording, sending
from dashboard.calls.models import ProviderCall
from dashboard.calls.slots import OurSlot
from dashboard.calls.verdicts import Unanswered, Verdict, judge_delete, judge_look_up

SOON, SLACK = 0.025, 0.005
"""Seconds: if an answer is expected within `SOON`, no other work is begun; it may be late by `SLACK`."""
OVERDUE = 3.0
"""Seconds past its deadline after which a call is given up although its thread still runs."""


def let_threads_hurry() -> None:
    """For processes that send: the threads of calls have little to do, but must do it at once, and should not wait 5 ms
    for a turn."""
    sys.setswitchinterval(0.0005)


class HasCall(Protocol):
    """What a sender remembers with a call."""

    @property
    def call(self) -> recording.Call: ...


Chunk = TypeVar("Chunk", bound=HasCall)


class Out(NamedTuple, Generic[Chunk]):
    """A call in flight. Moments are those of `time.monotonic()`."""

    slot: OurSlot
    chunk: Chunk
    deadline: float


class Answer(NamedTuple, Generic[Chunk]):
    chunk: Chunk
    verdict: Verdict
    left_at: float
    came_at: float
    slot: OurSlot | None
    """Free for the next call. None if the call is overdue: its thread may still run, so it still has the slot."""


class InFlight(Generic[Chunk]):
    def __init__(self, most: int) -> None:
        self.pool = ThreadPoolExecutor(max_workers=most, thread_name_prefix="call")
        self.out: dict[Future[tuple[Verdict, float, float]], Out[Chunk]] = {}
        self.usual = 0.0
        """The usual time of an answer in seconds, learnt so far."""

    def __len__(self) -> int:
        return len(self.out)

    def send(self, chunk: Chunk, slot: OurSlot, *, deadline: float) -> None:
        self.out[self.pool.submit(_perform, chunk.call, deadline)] = Out(slot, chunk, deadline)

    def take_back(self) -> list[Chunk]:
        """Those that wait for a thread, and now never leave."""
        waiting = [future for future in self.out if future.cancel()]
        return [self.out.pop(future).chunk for future in waiting]

    def collect(self, *, patience: float) -> list[Answer[Chunk]]:
        """Answered and overdue calls. Waits at most `patience` seconds for the first."""
        done, out = wait(self.out, timeout=patience, return_when=FIRST_COMPLETED)
        answers = []
        for future in done:
            slot, chunk, deadline = self.out.pop(future)
            self._learn(time.monotonic() + settings.TENSORSLAB_TIMEOUT - deadline)
            answers.append(Answer(chunk, *future.result(), slot))
        for future in out:
            if time.monotonic() > self.out[future].deadline + OVERDUE:
                _, chunk, deadline = self.out.pop(future)
                left_at = deadline - settings.TENSORSLAB_TIMEOUT
                answers.append(Answer(chunk, _no_answer(chunk.call), left_at, time.monotonic(), None))
        return answers

    def _learn(self, took: float) -> None:
        # A high value may come from our own delay, so the estimate falls at once and rises slowly.
        self.usual = min(took, self.usual + (took - self.usual) / 4) if self.usual else took

    def next_in(self) -> float:
        """Seconds until an answer that is expected soon; 0 if none is."""
        now = time.monotonic()
        ages = (now + settings.TENSORSLAB_TIMEOUT - one.deadline for one in self.out.values())
        near = [self.usual - age for age in ages if -SLACK < self.usual - age < SOON]
        return min(near) + SLACK if near else 0.0

    def slots(self) -> set[OurSlot]:
        return {one.slot for one in self.out.values()}

    def close(self) -> None:
        """Does not wait for threads past their deadline: their calls are settled, and their slots expire."""
        self.pool.shutdown(wait=False, cancel_futures=True)


def _perform(call: recording.Call, deadline: float) -> tuple[Verdict, float, float]:
    """The verdict, when the call left, and when its answer came, because it is recorded later."""
    left_at = time.monotonic()
    verdict = sending.perform(call, deadline=deadline)
    return verdict, left_at, time.monotonic()


def _no_answer(call: recording.Call) -> Verdict:
    error = Unanswered(f"No answer in {settings.TENSORSLAB_TIMEOUT:g} s.")
    return judge_delete(error) if call.operation == ProviderCall.Operation.DELETE else judge_look_up(error)
