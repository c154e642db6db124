"""Looks tasks up, as many at a time as there are slots.

It writes all rows itself; only HTTP happens in threads. Calls are written down ahead, so that a thread that has an
answer sends its next call at once. It does one thing at a time, in this order, until nothing is left:

1. Five times a second it asks whether it may go on: deletions go first. If not, or while the account rests, calls that
   have not left are taken back, those in flight are recorded, and it waits without any slot.
2. It writes calls down, many in one transaction: controls that are wanted, else tasks.
3. Answers are collected, and recorded together. One that says something of the account is recorded at once.
4. Answers for which controls vouch are stored in the register.

It may die on any line: calls in hand are closed when their leases are lost, nothing is called missing, and a task whose
answer was not stored is looked up again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dashboard.calls import accounts, clock
from dashboard.calls.judging import Finding
from dashboard.calls.models import Account
from dashboard.calls.policy import LONGEST_PAUSE, rest_for
from dashboard.calls.verdicts import Ruling
from dashboard.register.refreshing import claims
from dashboard.register.refreshing.allowances import Allowance, Number
from dashboard.register.refreshing.calls import Answered, Calls
from dashboard.register.refreshing.claims import Claim
from dashboard.register.refreshing.due import Task, claim, give_back
from dashboard.register.refreshing.storing import Found, store_all

UNANSWERED_IN_A_ROW = 3
WAITS_IN_A_ROW = 10
CONTROLS_IN_A_ROW = 20
"""Controls after which answers that nothing vouches for are given up."""
MOST_CLAIMS = 1000
"""Answers that wait for controls, before no more tasks are asked about."""
AT_ONCE = 25
"""Answers that are stored by one transaction."""
LOOK_ROUND, CONCLUDE = 0.2, 0.5
"""Seconds between two looks whether it may go on, and between two rounds of judging."""
A_MOMENT = 1.0
"""Seconds of a wait for deletions, and of one for a slot."""
PATIENCE = 60.0
"""Seconds of waiting for a slot."""
ANOTHER_KEY = "Another process sends with another API key. Nothing is concluded."
NO_SLOT = "All calls that may be in flight are. Run it again when the deletions in flight are done."

Sleep = Callable[[float], None]


class Stopped(Exception):
    """Looking up can't go on. The text is a sentence for people."""


@dataclass(kw_only=True)
class Refreshed:
    looked_up: int = 0
    missing: int = 0
    unanswered: int = 0
    stopped: str = ""
    """Why it ended early; empty if it did not."""


@dataclass(kw_only=True)
class Asking:
    portions: Iterator[Sequence[Task]]
    """Tasks to look up, claimed."""
    actor: str
    sleep: Sleep = time.sleep
    may_go_on: Callable[[], bool] = lambda: True
    proving: bool = False
    """Whether the first look-up is made even if the account is paused, and lifts the pause if the key is accepted."""
    besides: Sequence[str] = ()
    """Ids that are no witness."""
    allowance: Allowance = field(default_factory=Number)
    keep: Callable[[Sequence[Found]], int] = lambda found: store_all(found, now=clock.now())
    """Stores answers; returns how many tasks turned out missing."""
    patience: float = PATIENCE
    done: Refreshed = field(default_factory=Refreshed)
    heard: Ruling | None = None
    """Of the last answer."""
    unheard: str = ""
    """What was said instead of the last answer that was missing."""

    def __post_init__(self) -> None:
        self.calls = Calls(self.actor)
        self.waiting: deque[Task] = deque()
        """Claimed, and not asked about yet."""
        self.claims: list[Claim] = []
        self.known: dict[str, str] = {}
        """The task that was found last, of each kind."""
        self.judged: deque[tuple[Claim, Finding]] = deque()
        self.has_more = True
        self.silent = self.waits = self.in_vain = 0
        self.rest = 0.0
        """Seconds for which TensorsLab asked to be left alone."""
        self.looked_at, self.concluded_at = 0.0, time.monotonic()

    def run(self) -> Refreshed:
        try:
            while self._step():
                pass
        except Stopped as stopped:
            self.done.stopped = str(stopped)
        finally:
            self._end()
        return self.done

    def _step(self) -> bool:
        self._look_round()
        self._send()
        self._learn(self.calls.collect())
        if self.claims and (time.monotonic() > self.concluded_at + CONCLUDE or self._is_idle()):
            self._conclude()
        self._store()
        return bool(self.calls.out or self.calls.answered or self.claims or self.judged or self._has_tasks())

    def _end(self) -> None:
        try:
            self._settle_all()
        except Stopped as stopped:
            self.done.stopped = self.done.stopped or str(stopped)
        while self.judged:
            self._store()
        self.calls.leave_slots()
        self.done.unanswered += len(self.claims)
        give_back([*self.waiting, *(claim.task for claim in self.claims)])

    def _has_tasks(self) -> bool:
        if self.has_more and not self.waiting:
            portion = next(self.portions, None)
            self.has_more = portion is not None
            self.waiting.extend(portion or ())
        return bool(self.waiting)

    def _is_idle(self) -> bool:
        """Whether nothing is left to do but to wait for controls."""
        may_send = len(self.claims) < MOST_CLAIMS and self._has_tasks()
        return not self.calls.out and not self.calls.answered and not may_send

    def _look_round(self) -> None:
        """Waits while deletions go first, or the account rests."""
        if time.monotonic() < self.looked_at + LOOK_ROUND and not self.rest:
            return
        if not self.may_go_on():
            self._give_way()
        while seconds := self.rest or self._must_rest():
            self.waits += 1
            self._pause(seconds)
            if self.waits == WAITS_IN_A_ROW:
                raise Stopped(f"TensorsLab stayed busy over {WAITS_IN_A_ROW} waits. Run it again later.")
        if self.calls.could_have_more():
            self._settle_all()
            self.calls.leave_slots()
        self.calls.renew()
        self.looked_at = time.monotonic()

    def _give_way(self) -> None:
        self._settle_all()
        self.calls.leave_slots()
        give_back(self.waiting)
        while not self.may_go_on():
            self.sleep(A_MOMENT)
        # Without those that others ask about by now.
        self.waiting = deque(claim(self.waiting))

    def _must_rest(self) -> float:
        """Seconds until the account may be used. Raises `Stopped` if only a person can end its pause, or in doubt."""
        account = accounts.current()
        if account.paused_reason and (not self.proving or accounts.is_older(account)):
            raise Stopped(account.paused_reason)
        if account.key != accounts.current_key():
            raise Stopped(ANOTHER_KEY)
        if account.doubt:
            raise Stopped(account.doubt)
        left = (account.rest_until - clock.now()).total_seconds() if account.rest_until else 0.0
        return min(max(left, 0.1), LONGEST_PAUSE) if left > 0 else 0.0

    def _pause(self, seconds: float) -> None:
        self._settle_all()
        self.calls.leave_slots()
        self.rest = 0.0
        self.sleep(seconds)

    def _settle_all(self) -> None:
        """Takes back what has not left, and waits for what is in flight."""
        self.waiting.extendleft(reversed(self.calls.take_back()))
        while self.calls.out or self.calls.answered:
            self._learn(self.calls.collect())

    def _send(self) -> None:
        """Writes calls down ahead. One at a time while it is not known that look-ups are answered."""
        alone = self.heard is None or self.silent > 0
        if self.rest or len(self.claims) >= MOST_CLAIMS or not self._has_tasks():
            return
        if number := self._room(alone=alone):
            tasks = [self.waiting.popleft() for _ in range(min(number, len(self.waiting)))]
            self.calls.send([("", task) for task in tasks])

    def _room(self, *, alone: bool) -> int:
        """How many calls may be written down now, with a slot for them."""
        waited = 0.0
        while not (number := self.calls.room(alone=alone)) and not self.calls.ours:
            if waited >= self.patience:
                raise Stopped(NO_SLOT)
            self.sleep(A_MOMENT / 5)
            waited += A_MOMENT / 5
        return number

    def _learn(self, answers: Sequence[Answered]) -> None:
        """What recorded answers mean for this run. Raises `Stopped` after all of them."""
        stop = ""
        for task, purpose, answer in answers:
            ruling, sentence = answer.verdict.ruling, answer.verdict.sentence
            if ruling == Ruling.BUSY:
                self.rest = max(self.rest, rest_for(answer.verdict.retry_after))
                self.waiting.extendleft([] if purpose else [task])
            elif ruling in {Ruling.UNAUTHORIZED, Ruling.OUT_OF_CREDITS}:
                stop = sentence
            elif purpose:
                self.concluded_at = 0.0
            elif ruling in {Ruling.THERE, Ruling.ABSENT}:
                sent_at = answer.call.sent_at or answer.answered_at
                self._answered(Claim(task, answer.verdict, sent_at, answer.answered_at))
            else:
                self.done.unanswered += 1
                self.silent, self.unheard = self.silent + 1, sentence
                if self.silent == UNANSWERED_IN_A_ROW:
                    stop = f"{sentence} Stopped after {self.silent} look-ups in a row without an answer."
        if stop:
            raise Stopped(stop)

    def _answered(self, claim: Claim) -> None:
        self.silent = self.waits = 0
        self.heard = claim.verdict.ruling
        if self.heard == Ruling.THERE:
            self.known[claim.task.kind] = claim.task.task_id
        self.claims.append(claim)
        if self.proving:
            accounts.prove(accounts.current())
            self.proving = False

    def _conclude(self) -> None:
        """Judges what controls vouch for by now, and sends those that are wanted."""
        account, now = accounts.current(), clock.now()
        if account.doubt or account.key != accounts.current_key():
            raise Stopped(account.doubt or ANOTHER_KEY)
        judged = list(claims.judge(self.claims, account, now=now))
        self.judged.extend(judged)
        decided = {claim.task.pk for claim, _ in judged}
        self.claims = [claim for claim in self.claims if claim.task.pk not in decided]
        self.in_vain = 0 if judged else self.in_vain
        self.concluded_at = time.monotonic()
        idle = self._is_idle()
        if not self.claims or self.rest:
            return
        while wanted := self._wanted(account, idle=idle):
            self._room(alone=False)
            self.allowance.put_back(-len(wanted))
            self.calls.send(wanted)
        if idle and not judged:
            self._wait_for_controls(account)

    def _wanted(self, account: Account, *, idle: bool) -> list[tuple[str, Task]]:
        return claims.wanted(
            self.claims,
            account,
            now=clock.now(),
            in_hand=self.calls.controls,
            idle=idle,
            known=self.known,
            besides=self.besides,
        )

    def _wait_for_controls(self, account: Account) -> None:
        self.in_vain += 1
        if self.in_vain == CONTROLS_IN_A_ROW:
            self.judged.extend((claim, Finding.VOID) for claim in self.claims)
            self.claims = []
            return
        next_at = claims.next_at(self.claims, account)
        if not self.calls.out and next_at and (left := (next_at - clock.now()).total_seconds()) > 0:
            self._pause(left)

    def _store(self) -> None:
        """Stores a few answers: meanwhile no call is written down."""
        part = [self.judged.popleft() for _ in range(min(AT_ONCE, len(self.judged)))]
        found = [
            Found(claim.task.pk, claim.verdict, finding == Finding.GONE)
            for claim, finding in part
            if finding in {Finding.THERE, Finding.GONE}
        ]
        if found:
            self.done.missing += self.keep(found)
        self.done.looked_up += len(found)
        self.done.unanswered += len(part) - len(found)
