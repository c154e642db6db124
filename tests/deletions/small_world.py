"""The workers, the provider and the time of a game in one process, and what must be true between any two moves."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from dashboard.calls import accounts, doubts, slots
from dashboard.calls.models import ProviderCall, Slot
from dashboard.calls.sending import perform
from dashboard.calls.verdicts import Verdict
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda, next_call
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.evidence import concluding, next_controls
from dashboard.deletions.models import Deletion, DeletionItem, Inspection, Outcome, State
from dashboard.operations import reconciling
from dashboard.register.models import TrackedTask
from tensorslab_api.sandbox import Sandbox
from tests.oracle import Circumstances, Ident, violations

LEASES = [Slot, ProviderCall]
"""They run out by the database's clock. It can't be put ahead, so they are put back."""
CLEAR: dict[str, Any] = {"foreign_keys": [], "maintenance": ""}
WEATHER: Mapping[str, dict[str, Any]] = {
    "foreign": {**CLEAR, "foreign_keys": ["test-key"]},
    "maintenance": {**CLEAR, "maintenance": "System under maintenance"},
    "clear": CLEAR,
}
"""What the whole provider may be like for a while."""

MOST_PIECES = 100
LONGEST_WAIT = 400.0

T = TypeVar("T")


class Clock:
    """The time of a game, shared by provider, workers and people. It passes by itself, and is put ahead."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return timezone.now() + timedelta(seconds=self.passed)

    def epoch(self) -> float:
        return time.time() + self.passed

    def steady(self) -> float:
        return time.monotonic() + self.passed


def take(slot: slots.OurSlot) -> next_call.Chunk | None:
    """The next call of a deletion for this slot, on its way."""
    now = timezone.now()
    chunk = next_call.prepare(now=now)
    return chunk if chunk and next_call.leave(chunk, slot, now=now) else None


def meant(drawn: int, rows: Iterable[T]) -> T | None:
    """The row that a drawn number means; None when there is none."""
    known = list(rows)
    return known[drawn % len(known)] if known else None


@dataclass(kw_only=True)
class Hand:
    """A call in the hands of some worker."""

    slot: slots.OurSlot
    chunk: next_call.Chunk
    deadline: float
    verdict: Verdict | None = None
    came_at: datetime | None = None

    @property
    def looks_up(self) -> bool:
        return self.chunk.call.operation == next_call.Operation.LOOK_UP


@dataclass(kw_only=True)
class SmallWorld:
    sandbox: Sandbox
    clock: Clock = field(default_factory=Clock)
    hands: list[Hand] = field(default_factory=list)
    ready: list[next_call.Chunk] = field(default_factory=list)
    """Calls of workers that have yet to leave."""
    forgotten: list[Hand] = field(default_factory=list)
    """Calls of workers that died, or seemed to."""
    gone_elsewhere: set[Ident] = field(default_factory=set)
    weather: str = "clear"
    lies: bool = False
    lag: float = 0.0
    hidden: frozenset[Ident] = frozenset()

    def __post_init__(self) -> None:
        self.tender = Tender("small world", clock=self.clock.now)

    def now(self) -> datetime:
        return self.clock.now()

    def pass_time(self, seconds: float) -> None:
        self.clock.passed += seconds
        for model in LEASES:
            held = model.objects.filter(lease_until__isnull=False)
            held.update(lease_until=F("lease_until") - timedelta(seconds=seconds))

    def arm_a_piece(self) -> bool:
        """One step of a large change: arming, Undo, Stop, looking all of it up, looking again."""
        work = agenda.unfinished_chunks(now=self.now())
        for step, deletion in work[:1]:
            step(deletion, now=self.now())
        return bool(work)

    def look_round(self) -> None:
        """What a shift does first, and from time to time: the large changes, and whatever is due."""
        pieces = 0
        while self.arm_a_piece():
            pieces += 1
            assert pieces < MOST_PIECES, "a large change never ends"
        agenda.heed_account(now=self.now())
        agenda.begin_due(now=self.now())
        concluding.conclude(now=self.now())

    def next_call(self) -> next_call.Chunk | None:
        """As a shift finds it: controls in their turn, and all that are wanted once nothing else is to be done."""
        now = self.now()
        if chunk := next_controls.prepare(now=now, idle=False) or next_call.prepare(now=now):
            return chunk
        return next_controls.prepare(now=now, idle=True) or next_call.prepare_inspection(now=now)

    def prepare(self) -> None:
        """A call written down ahead, by a worker that may send it, forget it or die."""
        if chunk := self.next_call():
            self.ready.append(chunk)

    def leave_or_release(self, drawn: int) -> None:
        if chunk := meant(drawn, self.ready):
            self.ready.remove(chunk)
            if drawn % 3 == 0:
                next_call.release(chunk.call.pk)
            else:
                self.send_ready(chunk)

    def take(self) -> Hand | None:
        """The next call, on its way."""
        chunk = self.next_call()
        return self.send_ready(chunk) if chunk else None

    def send_ready(self, chunk: next_call.Chunk) -> Hand | None:
        may_be_sent = self.may_be_sent()
        for slot in slots.take(1):
            if next_call.leave(chunk, slot, now=self.now()):
                assert chunk.call.operation == "look_up" or idents(chunk) <= may_be_sent, (
                    f"sent against the rules: {chunk}"
                )
                deadline = self.clock.steady() + settings.TENSORSLAB_TIMEOUT
                self.hands.append(Hand(slot=slot, chunk=chunk, deadline=deadline))
                return self.hands[-1]
            slots.release(slot)
            return None
        next_call.release(chunk.call.pk)
        return None

    def go_on(self, hand: Hand) -> None:
        """The next step of a call's life: it is sent, then settled."""
        if hand.verdict is None:
            self.send(hand)
            return
        came_at = hand.came_at or self.now()
        if hand.chunk.deletion_id is None:
            next_controls.settle(hand.chunk.call, hand.verdict, now=self.now(), came_at=came_at)
        else:
            settle(hand.chunk.call.pk, hand.verdict, now=self.now(), came_at=came_at, sent=hand.chunk.call)
        slots.release(hand.slot)
        self.hands.remove(hand)

    def finish(self, hand: Hand) -> None:
        while hand in self.hands:
            self.go_on(hand)

    def send(self, hand: Hand) -> None:
        chunk = hand.chunk
        deadline = hand.deadline - self.clock.passed
        hand.verdict = perform(chunk.call, deadline=deadline)
        hand.came_at = self.now()

    def run_shift(self) -> None:
        """A whole shift, for whatever slots the hands leave it."""
        before = len(self.sandbox.ledger()["calls"])
        # What the account stopped may go on by itself meanwhile.
        may_be_sent = self.may_be_sent(Q(deletion__paused_by_account=True))
        Shift(length=5, clock=self.now).run()
        for call in self.sandbox.ledger()["calls"][before:]:
            carried = {(call["kind"], task_id) for task_id in call["ids"]}
            assert call["operation"] == "look_up" or carried <= may_be_sent, f"sent against the rules: {call}"

    def may_be_sent(self, besides: Q | None = None) -> set[Ident]:
        """What people want deleted at this moment: confirmed, past its grace, neither paused, stopped nor held."""
        due = Q(deletion__state=State.RUNNING) | Q(
            deletion__state=State.SCHEDULED, deletion__starts_at__lte=self.now() + timedelta(seconds=2)
        )
        due = due | besides if besides else due
        wanted = DeletionItem.objects.filter(due, deletion__stopped_at=None, tracked__held_by="")
        undecided = wanted.filter(outcome__in=[Outcome.WAITING, Outcome.UNKNOWN, Outcome.SENT])
        return set(undecided.values_list("kind", "task_id"))

    def tend(self) -> None:
        """Only what two ticks saw expired counts as lost."""
        self.tender.tick()
        self.tender.tick()

    def turn(self, weather: str) -> None:
        """Changes what the provider is like, where the product can tell.

        Answers of another account look right: only controls that are made under it too can show what they are. So it
        stays until the account is in doubt, or no answer waits to be vouched for.
        """
        may_leave = self.weather == "clear" or self.is_noticed()
        # Who accepted answers that nothing vouches for accepted these as well.
        may_come = weather != "foreign" or not accounts.current().accepted_by
        if may_leave and may_come:
            self.weather = weather
            self.sandbox.control(**WEATHER[weather])
            # Another account may say Success of what it never had.
            self.lies |= weather == "foreign"

    def is_noticed(self) -> bool:
        open_look_ups = any(hand.looks_up for hand in [*self.hands, *self.forgotten])
        claims = DeletionItem.objects.filter(claim__isnull=False).exists()
        return bool(accounts.current().doubt) or not (open_look_ups or claims)

    def drain(self, by: actions.By, *, approver: actions.By | None = None, rounds: int = 400) -> None:
        """The trouble ends, whoever held a call has died, and somebody presses every button that a page offers."""
        self.sandbox.control(fault_rate=0.0)
        self.sandbox.world.queue.clear()
        for hand in [*self.hands, *self.forgotten]:
            hand.verdict = None
        self.hands.clear()
        self.forgotten.clear()
        self.ready.clear()
        self.pass_time(slots.length().total_seconds())
        for _ in range(rounds):
            self.turn("clear")
            self.tend()
            self.run_shift()
            self.press_all(by)
            for deletion in Deletion.objects.awaiting_approval() if approver else ():
                shown = {"fingerprint": deletion.fingerprint, "count": str(deletion.size)}
                # Too late, or some of it was deleted meanwhile: it is given up.
                with suppress(actions.Refused, actions.Changed):
                    actions.approve(deletion=deletion, by=approver, **shown, now=self.now())
            due = agenda.next_due(now=self.now())
            unfinished = Inspection.objects.filter(at=None).exists() or Deletion.objects.in_flight().exists()
            unfinished = unfinished or Deletion.objects.awaiting_approval().exists()
            if due is None and not unfinished:
                return
            wait = LONGEST_WAIT if due is None else (due - self.now()).total_seconds()
            self.pass_time(min(max(wait, 1.0), LONGEST_WAIT))

    def press_all(self, by: actions.By) -> None:
        for deletion in Deletion.objects.filter(state=State.PAUSED):
            deletion.refresh_from_db()
            if deletion.state != State.PAUSED:
                # One that the account had stopped took it along.
                continue
            acceptable = deletion.paused_by_account and doubts.may_accept(accounts.current(), now=self.now())
            if acceptable and self.weather == "clear":
                actions.accept(deletion=deletion, by=by, now=self.now())
            else:
                actions.resume(deletion=deletion, by=by, now=self.now())
        for deletion in Deletion.objects.filter(state=State.FINISHED, unknown__gt=0):
            actions.check_unknown(deletion=deletion, by=by, now=self.now())

    def wrong(self, *, ended: bool) -> list[str]:
        known = Circumstances(
            gone_before=frozenset(self.gone_elsewhere), lies=self.lies, lag=self.lag, hidden=self.hidden
        )
        rows = [*register_against_items(), *reconciling.differences()]
        return [*violations(self.sandbox.ledger(), known, ended=ended), *rows]


def idents(chunk: next_call.Chunk) -> set[Ident]:
    return {(chunk.call.kind, task_id) for task_id in chunk.call.ids}


def register_against_items() -> Iterator[str]:
    """A task is shown as deleting exactly as long as a deletion holds it, or gave up on knowing."""
    doubtful = DeletionItem.objects.filter(Q(open=True) | Q(outcome=Outcome.UNKNOWN)).values_list(
        "tracked_id", flat=True
    )
    held_by_one = set(doubtful)
    for task in TrackedTask.objects.exclude(presence="missing"):
        if (task.presence == "deleting") != (task.pk in held_by_one):
            yield f"{task} is shown as {task.presence}, but {'a' if task.pk in held_by_one else 'no'} deletion holds it"
