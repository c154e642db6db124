"""The workers, the provider and the time of a game in one process, and what must be true between any two moves."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from dashboard.audit import triggers
from dashboard.calls import slots
from dashboard.calls.models import Account, ProviderCall, Slot
from dashboard.calls.sending import perform
from dashboard.calls.verdicts import Verdict
from dashboard.deletions import arming, engine, requests, taking
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.deletions.settling import settle
from dashboard.deletions.shift import Shift
from dashboard.deletions.tending import Tender
from dashboard.inventory.models import TrackedTask
from tensorslab_api.sandbox import Sandbox
from tests.oracle import Circumstances, Ident, violations

MOMENTS = {
    Deletion: ["created_at", "starts_at"],
    DeletionItem: ["not_before", "lost_at"],
    Account: ["rest_until", "wake_at"],
    Slot: ["lease_until"],
    ProviderCall: ["lease_until"],
}
"""What is compared with the time of day, so that time passes when all of it moves into the past."""

MOST_PIECES = 100

T = TypeVar("T")


def take(hold: slots.Hold) -> taking.Chunk | None:
    """The next call for this slot, on its way."""
    now = timezone.now()
    chunk = taking.prepare(now=now)
    return chunk if chunk and taking.leave(chunk, hold, now=now) else None


def meant(drawn: int, rows: Iterable[T]) -> T | None:
    """The row that a drawn number means; None when there is none."""
    known = list(rows)
    return known[drawn % len(known)] if known else None


@dataclass(kw_only=True)
class Hand:
    """A call in the hands of some worker."""

    hold: slots.Hold
    chunk: taking.Chunk
    deadline: float
    verdict: Verdict | None = None


@dataclass(kw_only=True)
class SmallWorld:
    sandbox: Sandbox
    hands: list[Hand] = field(default_factory=list)
    ready: list[taking.Chunk] = field(default_factory=list)
    """Calls of workers that have yet to leave."""
    forgotten: list[Hand] = field(default_factory=list)
    """Calls of workers that died, or seemed to."""
    gone_elsewhere: set[Ident] = field(default_factory=set)
    passed: float = 0.0
    tender: Tender = field(default_factory=lambda: Tender("small world"))

    def pass_time(self, seconds: float) -> None:
        self.passed += seconds
        for model, names in MOMENTS.items():
            for name in names:
                model.objects.filter(**{f"{name}__isnull": False}).update(
                    **{name: F(name) - timedelta(seconds=seconds)}
                )

    def clock(self) -> float:
        return time.monotonic() + self.passed

    def arm_a_piece(self) -> bool:
        """One step of a large confirmation, Undo or Stop."""
        work = arming.unfinished_chunks()
        for step, deletion in work[:1]:
            step(deletion, now=timezone.now())
        return bool(work)

    def look_round(self) -> None:
        """What a shift does first, and from time to time: the large changes, and whatever is due."""
        pieces = 0
        while self.arm_a_piece():
            pieces += 1
            assert pieces < MOST_PIECES, "a large change never ends"
        engine.heed_account()
        engine.begin_due(now=timezone.now())

    def prepare(self) -> None:
        """A call written down ahead, by a worker that may send it, forget it or die."""
        if chunk := taking.prepare(now=timezone.now()):
            self.ready.append(chunk)

    def leave_or_release(self, drawn: int) -> None:
        if chunk := meant(drawn, self.ready):
            self.ready.remove(chunk)
            if drawn % 3 == 0:
                taking.release(chunk.call_id)
            else:
                self.send_ready(chunk)

    def take(self) -> Hand | None:
        """The next call, on its way."""
        chunk = taking.prepare(now=timezone.now())
        return self.send_ready(chunk) if chunk else None

    def send_ready(self, chunk: taking.Chunk) -> Hand | None:
        may_be_sent = self.may_be_sent()
        for hold in slots.take(1):
            if taking.leave(chunk, hold, now=timezone.now()):
                assert chunk.operation == "look_up" or idents(chunk) <= may_be_sent, f"sent against the rules: {chunk}"
                self.hands.append(Hand(hold=hold, chunk=chunk, deadline=self.clock() + settings.TENSORSLAB_TIMEOUT))
                return self.hands[-1]
            slots.release(hold)
            return None
        taking.release(chunk.call_id)
        return None

    def go_on(self, hand: Hand) -> None:
        """The next step of a call's life: it is sent, then settled."""
        if hand.verdict is None:
            self.send(hand)
        else:
            settle(hand.chunk.call_id, hand.verdict, now=timezone.now())
            slots.release(hand.hold)
            self.hands.remove(hand)

    def finish(self, hand: Hand) -> None:
        while hand in self.hands:
            self.go_on(hand)

    def send(self, hand: Hand) -> None:
        chunk = hand.chunk
        hand.verdict = perform(
            operation=chunk.operation, kind=chunk.kind, ids=chunk.ids, deadline=hand.deadline - self.passed
        )

    def run_shift(self) -> None:
        """A whole shift, for whatever slots the hands leave it."""
        before = len(self.sandbox.ledger()["calls"])
        may_be_sent = self.may_be_sent()
        Shift(length=5).run()
        for call in self.sandbox.ledger()["calls"][before:]:
            carried = {(call["kind"], task_id) for task_id in call["ids"]}
            assert call["operation"] == "look_up" or carried <= may_be_sent, f"sent against the rules: {call}"

    def may_be_sent(self) -> set[Ident]:
        """What people want deleted at this moment: confirmed, past its grace, neither paused, stopped nor held."""
        due = Q(deletion__state=State.RUNNING) | Q(
            deletion__state=State.SCHEDULED, deletion__starts_at__lte=timezone.now() + timedelta(seconds=2)
        )
        wanted = DeletionItem.objects.filter(due, deletion__stopped_at=None, tracked__held_by="")
        undecided = wanted.filter(outcome__in=[Outcome.WAITING, Outcome.UNKNOWN, Outcome.SENT])
        return set(undecided.values_list("kind", "task_id"))

    def tend(self) -> None:
        """Only what two ticks saw expired counts as lost."""
        self.tender.tick()
        self.tender.tick()

    def drain(self, by: requests.By, *, rounds: int = 60) -> None:
        """The faults end, whoever held a call has died, and somebody presses Resume and Check wherever they show."""
        self.sandbox.control(fault_rate=0.0)
        self.sandbox.world.queue.clear()
        self.hands.clear()
        self.ready.clear()
        for _ in range(rounds):
            self.pass_time(400)
            self.tend()
            self.run_shift()
            # One that the account had stopped takes the others along.
            while deletion := Deletion.objects.filter(state=State.PAUSED).first():
                requests.resume(deletion=deletion, by=by, now=timezone.now())
            for deletion in Deletion.objects.filter(state=State.FINISHED, unknown__gt=0):
                requests.check_unknown(deletion=deletion, by=by, now=timezone.now())
            if not Deletion.objects.in_flight().exists() and engine.next_due(now=timezone.now()) is None:
                return

    def wrong(self, *, ended: bool) -> list[str]:
        known = Circumstances(gone_before=frozenset(self.gone_elsewhere))
        return [*violations(self.sandbox.ledger(), known, ended=ended), *register_against_items()]

    def clear(self) -> None:
        """An empty database, and a provider that knows nothing of what was."""
        triggers.drop(connection)
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        triggers.create(connection)
        dead = [task_id for ids in self.sandbox.ledger()["deleted"].values() for task_id in ids]
        self.sandbox.control(alive=dead, forget_calls=True, refuse={})


def idents(chunk: taking.Chunk) -> set[Ident]:
    return {(chunk.kind, task_id) for task_id in chunk.ids}


def register_against_items() -> Iterator[str]:
    """A task is shown as deleting exactly as long as a deletion holds it, or gave up on knowing."""
    doubtful = DeletionItem.objects.filter(Q(open=True) | Q(outcome=Outcome.UNKNOWN)).values_list(
        "tracked_id", flat=True
    )
    held_by_one = set(doubtful)
    for task in TrackedTask.objects.exclude(presence="missing"):
        if (task.presence == "deleting") != (task.pk in held_by_one):
            yield f"{task} is shown as {task.presence}, but {'a' if task.pk in held_by_one else 'no'} deletion holds it"
