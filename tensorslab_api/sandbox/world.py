"""What the sandbox knows and did: which ids are gone, every call that reached it, and what it truly deleted."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tensorslab_api.sandbox.options import AlreadyGone, Fault, Mode, Options
from tensorslab_api.types import TaskKind

MOST_CALLS = 50_000
"""Older calls leave the ledger, so that it can run for weeks; the numbers go on counting."""


@dataclass
class Call:
    """One of the documented calls, as it reached us."""

    operation: str
    kind: str
    body_bytes: int
    at: float = field(default_factory=time.time)
    """Seconds since 1970, when its whole body was here."""
    ids: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    """The ids that this call truly deleted."""
    fault: str | None = None
    http_status: int | None = None
    """None when nothing was answered."""
    code: int | str | None = None
    status: str | None = None
    answered_at: float | None = None
    in_flight: int = 0
    """How many calls were being answered when it came, itself included."""


class World:
    """All state of one sandbox. Every method may be called from any thread."""

    def __init__(self, options: Options, ledger_file: Path | None = None) -> None:
        self.options = options
        self.stopping = threading.Event()
        self.ledger_file = ledger_file
        self.lock = threading.RLock()
        self.gone: dict[str, dict[str, None]] = {kind.value: {} for kind in TaskKind}
        self.calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self.numbers: Counter[str] = Counter()
        self.in_flight = 0
        self.max_in_flight = 0
        self.queue: deque[Fault] = deque()
        self.dice = random.Random(options.seed)  # noqa: S311 (reproducible, no secret)
        if ledger_file is not None and ledger_file.exists():
            self._load(ledger_file)

    @contextmanager
    def call(self, operation: str, kind: TaskKind, body_bytes: int) -> Iterator[Call]:
        """Enter one call into the ledger for as long as it is being answered."""
        call = Call(operation=operation, kind=kind.value, body_bytes=body_bytes)
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
                call.answered_at = time.time()

    def next_fault(self, operation: str) -> Fault | None:
        """The first queued fault for this operation, or one by chance."""
        with self.lock:
            for fault in self.queue:
                if fault.operation in ("", operation):
                    self.queue.remove(fault)
                    return fault
            fitting = [fault for fault in self.options.faults if fault.operation in ("", operation)]
            if fitting and self.dice.random() < self.options.fault_rate:
                return self.dice.choice(fitting)
            return None

    def alive(self, kind: TaskKind, task_id: str) -> bool:
        """Every id is, unless it was deleted or never existed."""
        return task_id not in self.gone[kind] and task_id not in self.options.unknown

    def delete(self, kind: TaskKind, ids: Sequence[str], call: Call) -> str | None:
        """Delete what the options allow. Returns the words of a failure, or None for a success."""
        with self.lock:
            objections = [words for task_id in ids if (words := self._objection(kind, task_id)) is not None]
            nothing = bool(objections) and self.options.mode is Mode.ALL_OR_NOTHING
            if not nothing:
                call.did = [task_id for task_id in ids if self._deletable(kind, task_id)]
                self.remove(kind, call.did)
        if not objections or self.options.mode is Mode.LENIENT:
            return None
        return objections[0]

    def _objection(self, kind: TaskKind, task_id: str) -> str | None:
        if not self.alive(kind, task_id):
            return "Task does not exist" if self.options.already_gone is AlreadyGone.FAILURE else None
        return self._refusal(task_id)

    def _refusal(self, task_id: str) -> str | None:
        by_suffix = (words for end, words in self.options.refuse_suffix.items() if task_id.endswith(end))
        return self.options.refuse.get(task_id) or next(by_suffix, None)

    def _deletable(self, kind: TaskKind, task_id: str) -> bool:
        return self.alive(kind, task_id) and self._refusal(task_id) is None and task_id not in self.options.spared

    def remove(self, kind: TaskKind, ids: Sequence[str]) -> None:
        """Ids that are gone from now on."""
        with self.lock:
            self.gone[kind].update(dict.fromkeys(ids))
            self._write({"kind": kind.value, "gone": list(ids)})

    def revive(self, ids: Sequence[str]) -> None:
        """Ids that are alive again, as either kind."""
        with self.lock:
            for known in self.gone.values():
                for task_id in ids:
                    known.pop(task_id, None)
            self._write({"alive": list(ids)})

    def control(self, changes: dict[str, Any]) -> None:
        """Change how it behaves. Raises ValueError, and changes nothing, when `changes` are mistyped.

        Beside the names of `Options`: `queue` (faults for the next calls, in order), `alive` (ids), `gone` (ids by
        kind), `forget_calls` (true empties the ledger of calls).
        """
        changes = dict(changes)
        queue = [Fault.parse(word) for word in changes.pop("queue", [])]
        alive = [str(task_id) for task_id in changes.pop("alive", [])]
        gone = {TaskKind(kind): list(map(str, ids)) for kind, ids in dict(changes.pop("gone", {})).items()}
        forget = bool(changes.pop("forget_calls", False))
        options = self.options.changed(changes)
        with self.lock:
            if "seed" in changes:
                self.dice = random.Random(options.seed)  # noqa: S311 (reproducible, no secret)
            self.options = options
            self.queue.extend(queue)
            if alive:
                self.revive(alive)
            for kind, ids in gone.items():
                self.remove(kind, ids)
            if forget:
                self.calls.clear()
                self.numbers.clear()
                self.max_in_flight = self.in_flight

    def ledger(self) -> dict[str, Any]:
        """What it truly did."""
        with self.lock:
            return {
                "deleted": {kind: list(ids) for kind, ids in self.gone.items()},
                "calls": [asdict(call) for call in self.calls],
                "max_in_flight": self.max_in_flight,
                "strays": self.numbers["stray"],
            }

    def summary(self) -> dict[str, Any]:
        """The numbers of the ledger."""
        with self.lock:
            return {
                "deleted": {kind: len(ids) for kind, ids in self.gone.items()},
                "calls": {operation: self.numbers[operation] for operation in ("delete", "look_up")},
                "max_in_flight": self.max_in_flight,
                "strays": self.numbers["stray"],
            }

    def stray(self) -> None:
        """A request for a path that is none of ours, such as a redirect that was followed."""
        with self.lock:
            self.numbers["stray"] += 1

    def _write(self, line: dict[str, Any]) -> None:
        self._append(json.dumps(line) + "\n")

    def _append(self, written: str) -> None:
        if self.ledger_file is not None:
            with self.ledger_file.open("a", encoding="utf-8") as file:
                file.write(written)

    def _load(self, ledger_file: Path) -> None:
        written = ledger_file.read_text(encoding="utf-8")
        if written and not written.endswith("\n"):
            # A sandbox that was killed while it wrote: the next line must not join this one.
            self._append("\n")
        for line in written.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            for task_id in entry.get("alive", []):
                for known in self.gone.values():
                    known.pop(task_id, None)
            if "gone" in entry:
                self.gone[entry["kind"]].update(dict.fromkeys(entry["gone"]))
