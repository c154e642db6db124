"""The calls of one run: written down ahead, sent in threads, recorded together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from dashboard.calls import accounts, clock, recording, sending, slots
from dashboard.calls.in_flight import Answer, InFlight
from dashboard.calls.models import ProviderCall
from dashboard.calls.verdicts import Ruling, Unanswered, judge_look_up
from dashboard.register.refreshing import claims
from dashboard.register.refreshing.due import Task

AHEAD_FROM, AHEAD_TO = 3, 8
"""Calls per slot, in flight or written down ahead: when no more than so many are left, more are, up to so many."""
AT_ONCE = 25
"""Answers after which they are recorded."""
RECORD = 0.5
"""Seconds that an answer waits at most to be recorded with others."""
POLL = 0.05
RENEW = 2.0
"""Seconds between two renewals of the slots' leases."""
MORE_SLOTS = 5.0
"""Seconds between two looks whether there are more slots than we got."""
ABOUT_THE_ACCOUNT = {Ruling.BUSY, Ruling.UNAUTHORIZED, Ruling.OUT_OF_CREDITS}


class Asked(NamedTuple):
    """A call that asks about a task, or is a control."""

    call: recording.Call
    task: Task


class Answered(NamedTuple):
    """A recorded answer."""

    task: Task
    purpose: str
    """Empty for a look-up of the task itself; else which control it is."""
    answer: sending.Answered


class Calls:
    def __init__(self, actor: str) -> None:
        self.actor = actor
        self.ours: list[slots.OurSlot] = []
        self.in_flight: InFlight[Asked] = InFlight(1)
        self.answered: list[Answer[Asked]] = []
        """Not recorded yet."""
        self.controls: Counter[tuple[str, str]] = Counter()
        """Controls whose answer is not recorded yet, by kind and purpose."""
        self.recorded_at = self.taken_at = self.renewed_at = 0.0

    @property
    def out(self) -> int:
        return len(self.in_flight)

    def room(self, *, alone: bool) -> int:
        """How many more calls may be written down. Takes slots; with none of them there is no room."""
        if not self.ours:
            self.ours, self.taken_at = slots.take(settings.TENSORSLAB_CONCURRENCY), time.monotonic()
            # As many threads as slots, however many calls are written down.
            self.in_flight = InFlight(max(1, len(self.ours)))
        if not self.ours or alone:
            return 1 if self.ours and not self.out else 0
        return AHEAD_TO * len(self.ours) - self.out if self.out <= AHEAD_FROM * len(self.ours) else 0

    def could_have_more(self) -> bool:
        """Whether slots became free that others had."""
        if not self.ours or time.monotonic() < self.taken_at + MORE_SLOTS:
            return False
        self.taken_at = time.monotonic()
        return len(self.ours) < settings.TENSORSLAB_CONCURRENCY and slots.any_free()

    def renew(self) -> None:
        if self.ours and time.monotonic() > self.renewed_at + RENEW:
            slots.renew_all(self.ours)
            self.renewed_at = time.monotonic()

    def leave_slots(self) -> None:
        """Only when no call is out."""
        for slot in self.ours:
            slots.release(slot)
        self.ours = []
        self.in_flight.close()

    def send(self, chosen: Sequence[tuple[str, Task]]) -> None:
        """Writes calls down as leaving, in one transaction, and gives them to the threads, to each slot in turn."""
        # Set before they are written down: when the leases have run out, the deadline is long past.
        deadline = time.monotonic() + settings.TENSORSLAB_TIMEOUT
        with transaction.atomic():
            now = clock.now()
            calls = recording.prepare_all([_call(purpose, task, sent_at=now) for purpose, task in chosen])
            for number, slot in enumerate(self.ours):
                self._leave([call.pk for call in calls[number :: len(self.ours)]], slot, now=now)
        for number, (call, (_, task)) in enumerate(zip(calls, chosen, strict=True)):
            if call.purpose:
                self.controls[task.kind, call.purpose] += 1
            self.in_flight.send(Asked(call, task), self.ours[number % len(self.ours)], deadline=deadline)

    def _leave(self, call_ids: list[int], slot: slots.OurSlot, *, now: datetime) -> None:
        if call_ids and not recording.leave_all(call_ids, slot, now=now):
            # Its lease may only be too short. Raises `Lost` if another process has it by now.
            slots.renew(slot)
            recording.leave_all(call_ids, slot, now=now)

    def take_back(self) -> list[Task]:
        """Takes back the calls that have not left, and returns the tasks that they were to ask about."""
        tasks = []
        for asked in self.in_flight.take_back():
            recording.take_back(asked.call.pk)
            if asked.call.purpose:
                self.controls[asked.task.kind, asked.call.purpose] -= 1
            else:
                tasks.append(asked.task)
        return tasks

    def collect(self) -> list[Answered]:
        """Waits a moment for answers, and returns those that were recorded now."""
        if self.out:
            answers = self.in_flight.collect(patience=POLL)
            self.answered += answers
            # An overdue call's thread still runs, so that a slot stays taken until its lease is lost.
            del self.ours[: sum(answer.slot is None for answer in answers)]
        urgent = any(one.chunk.call.purpose or one.verdict.ruling in ABOUT_THE_ACCOUNT for one in self.answered)
        many = len(self.answered) >= AT_ONCE or not self.out or time.monotonic() > self.recorded_at + RECORD
        return self._record() if self.answered and (urgent or many) else []

    def _record(self) -> list[Answered]:
        # In the order in which they were sent.
        answers, self.answered = sorted(self.answered, key=lambda one: one.chunk.call.pk), []
        done = [Answered(one.chunk.task, one.chunk.call.purpose, _dated(one)) for one in answers]
        alone = [one for one in done if one.purpose or one.answer.verdict.ruling in ABOUT_THE_ACCOUNT]
        together = [one.answer for one in done if one not in alone]
        if together:
            ours = sending.settle_together(together, actor=self.actor)
            done = [one if one in alone or one.answer.call.pk in ours else _given_up(one) for one in done]
            accounts.answered(accounts.current_host())
        for task, purpose, answer in alone:
            void = claims.says_nothing(task, purpose, answer.verdict)
            sending.settle_alone(*answer, actor=self.actor, void=void)
            self.controls[task.kind, purpose] -= 1
        self.recorded_at = time.monotonic()
        return done


def _call(purpose: str, task: Task, *, sent_at: datetime) -> recording.Call:
    look_up = ProviderCall.Operation.LOOK_UP
    return recording.Call(recording.NOT_WRITTEN, look_up, task.kind, str(purpose), None, [task.task_id], sent_at)


def _given_up(one: Answered) -> Answered:
    """Another process took us for dead and said that there is no answer: so it is, in the log and here."""
    return one._replace(answer=one.answer._replace(verdict=judge_look_up(Unanswered("It came too late to count."))))


def _dated(one: Answer[Asked]) -> sending.Answered:
    """With the moments when it really left and was answered."""
    now, then = clock.now(), time.monotonic()
    written_at = one.chunk.call.sent_at or now
    sent_at = max(now - timedelta(seconds=then - one.left_at), written_at)
    answered_at = max(now - timedelta(seconds=then - one.came_at), sent_at)
    return sending.Answered(one.chunk.call._replace(sent_at=sent_at), one.verdict, answered_at)
