"""The state of the sandbox: which ids exist, every call that reached it, and what it truly deleted."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tensorslab_api.sandbox.decision import decide
from tensorslab_api.sandbox.existence import Existence, in_shard
from tensorslab_api.sandbox.faults import Fault
from tensorslab_api.sandbox.options import Options, faults
from tensorslab_api.sandbox.values import flag, ids, mapping
from tensorslab_api.types import TaskKind

MOST_CALLS = 50_000
"""The ledger has only the newest calls, so that it can run for weeks; the numbers count all."""

Known = Callable[[TaskKind, Sequence[str]], Collection[str]]
"""Takes a kind and ids, and returns the ids under which a task ever existed."""


def everything(kind: TaskKind, ids: Sequence[str]) -> Collection[str]:
    """All of these ids: the default of `known`."""
    return ids


@dataclass
class Call:
    """One of the documented calls, as it was received."""

    operation: str
    kind: str
    body_bytes: int
    at: float
    """When its whole body was received: seconds since 1970, unless the sandbox has another clock."""
    ids: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    """The ids that this call truly deleted. They stay here if that is undone."""
    foreign: bool = False
    """It had the key of another account."""
    fault: str | None = None
    http_status: int | None = None
    """None if nothing was answered."""
    code: int | str | None = None
    status: str | None = None
    answered_at: float | None = None
    in_flight: int = 0
    """How many calls were being answered when it came, itself included."""


class World:
    """The whole state of one sandbox. Every method may be called from any thread.

    `known` decides which ids ever existed. `clock` decides when late effects, rollbacks and lags are due; there is no
    background work, so each takes effect at the next question, with its own moment.
    """

    def __init__(
        self,
        options: Options,
        ledger_file: Path | None = None,
        *,
        known: Known = everything,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.options = options
        self.known = known
        self.met: dict[str, set[str]] = {kind.value: set() for kind in TaskKind}
        """Ids that are known to have existed, so that `known` is not asked again."""
        self.clock = clock
        self.stopping = threading.Event()
        self.lock = threading.RLock()
        self.existence = Existence(clock, ledger_file)
        self.calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self.numbers: Counter[str] = Counter()
        self.in_flight = 0
        self.max_in_flight = 0
        self.queue: deque[Fault] = deque()
        self.dice = random.Random(options.seed)  # nosec B311 # reproducible, no secret
        self.rollback_turn = 0

    @contextmanager
    def call(self, operation: str, kind: TaskKind, body_bytes: int) -> Iterator[Call]:
        """Adds a call to the ledger, and counts it as in flight until the block ends."""
        call = Call(operation=operation, kind=kind.value, body_bytes=body_bytes, at=self.clock())
        with self.lock:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            call.in_flight = self.in_flight
            self.calls.append(call)
            self.numbers[operation] += 1
        try:
            yield call
        finally:
            with self.lock:
                self.in_flight -= 1
                call.answered_at = self.clock()

    def next_fault(self, operation: str) -> Fault | None:
        """The first queued fault for this operation, or a random one, or None."""
        with self.lock:
            for fault in self.queue:
                if fault.operation in ("", operation):
                    self.queue.remove(fault)
                    return fault
            fitting = [fault for fault in self.options.faults if fault.operation in ("", operation)]
            if fitting and self.dice.random() < self.options.fault_rate:
                return self.dice.choice(fitting)
            return None

    def exists(self, kind: TaskKind, task_id: str) -> bool:
        """Whether there ever was such a task, deleted or not."""
        self._meet(kind, [task_id])
        return task_id not in self.options.unknown and task_id in self.met[kind]

    def _meet(self, kind: TaskKind, ids: Sequence[str]) -> None:
        """Asks `known` about all new ids at once, because it may need a database query."""
        with self.lock:
            if new := [task_id for task_id in ids if task_id not in self.met[kind]]:
                self.met[kind].update(self.known(kind, new))

    def alive(self, kind: TaskKind, task_id: str) -> bool:
        """Whether the id exists and is not deleted."""
        with self.lock:
            self.existence.settle()
            return task_id not in self.existence.gone[kind] and self.exists(kind, task_id)

    def seen(self, kind: TaskKind, task_id: str) -> bool:
        """Whether a look-up finds it: its replica can lag behind, and lack some ids."""
        with self.lock:
            now = self.existence.settle()
            gone = task_id in self.existence.gone[kind]
            if self.options.replica_lag:
                gone = self.existence.gone_at(kind, task_id, now - self.options.replica_lag)
            return not gone and not in_shard(task_id, self.options.replica_lacks) and self.exists(kind, task_id)

    def delete(self, kind: TaskKind, ids: Sequence[str], call: Call, *, late: bool = False) -> str | None:
        """Deletes what the options allow, now or late. Returns the message of a failure, or None for a success."""
        with self.lock:
            now = self.existence.settle()
            self._meet(kind, ids)
            decision = decide(ids, self.options, lambda one: not call.foreign and self.alive(kind, one))
            if decision.ids:
                undo_after = self.options.rollback_after if self._rolled_back() else None
                work = partial(self._do, kind, decision.ids, call, undo_after)
                if late:
                    self.existence.later(now + self.options.late_seconds, work)
                else:
                    work(now)
            return decision.words

    def _do(self, kind: TaskKind, ids: Sequence[str], call: Call, undo_after: float | None, at: float) -> None:
        deletions = self.existence.remove(kind, ids, at)
        call.did = [event.id for event in deletions]
        if undo_after is not None:
            self.existence.later(at + undo_after, partial(self.existence.undo, deletions))

    def _rolled_back(self) -> bool:
        share = self.options.rollback_share
        if not self.options.rollback_after or share in (0, 1):
            return bool(self.options.rollback_after and share)
        if share == 0.5:
            self.rollback_turn += 1
            return self.rollback_turn % 2 == 1
        return self.dice.random() < share

    def remove(self, kind: TaskKind, ids: Sequence[str]) -> None:
        """Marks ids as deleted."""
        with self.lock:
            self.existence.remove(kind, ids, self.existence.settle())

    def revive(self, ids: Sequence[str]) -> None:
        """Marks ids as alive again, for both kinds."""
        with self.lock:
            now = self.existence.settle()
            for kind in TaskKind:
                self.existence.restore(kind, ids, now)

    def control(self, changes: dict[str, Any]) -> None:
        """Changes its behaviour. Raises ValueError, and changes nothing, if `changes` are wrong.

        Besides the names of `Options`: `queue` (faults for the next calls, in order), `alive` (ids), `gone` (ids by
        kind), `forget_calls` (true empties the ledger of calls).
        """
        changes = dict(changes)
        queue = faults("queue", changes.pop("queue", ()))
        alive = ids("alive", changes.pop("alive", ()))
        gone = {TaskKind(kind): some for kind, some in mapping(ids)("gone", changes.pop("gone", {})).items()}
        forget = flag("forget_calls", changes.pop("forget_calls", False))
        options = self.options.changed(changes)
        with self.lock:
            self.existence.settle()
            if "seed" in changes:
                self.dice = random.Random(options.seed)  # nosec B311 # reproducible, no secret
            if changes.keys() & {"rollback_after", "rollback_share"}:
                self.rollback_turn = 0
            self.options = options
            self.queue.extend(queue)
            if alive:
                self.revive(alive)
            for kind, some in gone.items():
                self.remove(kind, some)
            if forget:
                self.calls.clear()
                self.numbers.clear()
                self.max_in_flight = self.in_flight

    def ledger(self) -> dict[str, Any]:
        """The ledger: what it truly did."""
        with self.lock:
            self.existence.settle()
            return {
                "deleted": {kind: list(ids) for kind, ids in self.existence.gone.items()},
                "events": [event._asdict() for event in self.existence.events],
                "calls": [asdict(call) for call in self.calls],
                "max_in_flight": self.max_in_flight,
                "strays": self.numbers["stray"],
            }

    def summary(self) -> dict[str, Any]:
        """The numbers of the ledger."""
        with self.lock:
            self.existence.settle()
            return {
                "deleted": {kind: len(ids) for kind, ids in self.existence.gone.items()},
                "calls": {operation: self.numbers[operation] for operation in ("delete", "look_up")},
                "max_in_flight": self.max_in_flight,
                "strays": self.numbers["stray"],
            }

    def deleted(self, kind: TaskKind) -> set[str]:
        """The ids of this kind that are gone."""
        with self.lock:
            self.existence.settle()
            return set(self.existence.gone[kind])

    def gone_at(self, kind: TaskKind, task_id: str, at: float) -> bool:
        """Whether it was deleted at that moment. False for an id that never existed."""
        with self.lock:
            self.existence.settle()
            return self.existence.gone_at(kind, task_id, at)

    def settle(self) -> None:
        """Carries out effects that are due."""
        with self.lock:
            self.existence.settle()

    def stray(self) -> None:
        """Counts a request for an unknown path, such as a redirect that was followed."""
        with self.lock:
            self.numbers["stray"] += 1
