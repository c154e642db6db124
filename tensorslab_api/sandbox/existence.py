"""Which ids are deleted and since when, which effects are still to come, and the file that survives a restart."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tensorslab_api.types import TaskKind

MOST_EVENTS = 50_000
"""The ledger has at most this many events, the newest ones."""
LONGEST_HISTORY = 100
"""The most changes of one id that are remembered."""


class Event(NamedTuple):
    """One id was deleted, or came back."""

    at: float
    """The moment it took effect."""
    kind: str
    id: str
    gone: bool


@dataclass(frozen=True, order=True)
class Effect:
    """An effect that is to come at a later moment."""

    at: float
    number: int
    """The order of effects at the same moment."""
    do: Callable[[float], None] = field(compare=False)
    """Takes the moment of the effect."""


class Existence:
    """Which ids are deleted, now and at every earlier moment. The caller must have the lock.

    There is no background work. `settle` carries out effects that are due, each with its own moment, and must come
    before every question. Effects that are still to come when the sandbox stops are lost: a late deletion is then never
    done, and a deletion that would have been rolled back stays.
    """

    def __init__(self, clock: Callable[[], float], ledger_file: Path | None = None) -> None:
        self.clock = clock
        self.ledger_file = ledger_file
        self.gone: dict[str, dict[str, None]] = {kind.value: {} for kind in TaskKind}
        self.events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._histories: dict[tuple[str, str], list[Event]] = {}
        self._pending: list[Effect] = []
        self._effects = 0
        if ledger_file is not None and ledger_file.exists():
            self._load(ledger_file)

    def settle(self) -> float:
        """Carries out effects that are due. Returns the present moment."""
        now = self.clock()
        while self._pending and self._pending[0].at <= now:
            effect = heapq.heappop(self._pending)
            effect.do(effect.at)
        return now

    def later(self, at: float, do: Callable[[float], None]) -> None:
        """Carries out `do` at a later moment."""
        self._effects += 1
        heapq.heappush(self._pending, Effect(at, self._effects, do))

    def remove(self, kind: TaskKind, ids: Iterable[str], at: float) -> list[Event]:
        """Marks ids as deleted. Returns the changes."""
        changed = [self._change(Event(at, kind.value, one, True)) for one in ids if one not in self.gone[kind]]
        if changed:
            self._write({"kind": kind.value, "gone": [event.id for event in changed]})
        return changed

    def restore(self, kind: TaskKind, ids: Iterable[str], at: float) -> None:
        """Marks ids as existing again."""
        changed = [self._change(Event(at, kind.value, one, False)) for one in ids if one in self.gone[kind]]
        if changed:
            self._write({"kind": kind.value, "alive": [event.id for event in changed]})

    def undo(self, deletions: Sequence[Event], at: float) -> None:
        """Undoes deletions of one kind, except of ids that have changed since."""
        mine = [event.id for event in deletions if self._histories[event.kind, event.id][-1] is event]
        if deletions:
            self.restore(TaskKind(deletions[0].kind), mine, at)

    def gone_at(self, kind: TaskKind, task_id: str, moment: float) -> bool:
        """Whether it was deleted at that moment. Deletions before the sandbox's start count from the beginning."""
        history = self._histories.get((kind.value, task_id))
        if history is None:
            return task_id in self.gone[kind]
        before = (event.gone for event in reversed(history) if event.at <= moment)
        return next(before, not history[0].gone)

    def _change(self, event: Event) -> Event:
        if event.gone:
            self.gone[event.kind][event.id] = None
        else:
            del self.gone[event.kind][event.id]
        self.events.append(event)
        history = self._histories.setdefault((event.kind, event.id), [])
        history.append(event)
        del history[:-LONGEST_HISTORY]
        return event

    def _write(self, line: dict[str, Any]) -> None:
        self._append(json.dumps(line) + "\n")

    def _append(self, written: str) -> None:
        if self.ledger_file is not None:
            with self.ledger_file.open("a", encoding="utf-8") as file:
                file.write(written)

    def _load(self, ledger_file: Path) -> None:
        written = ledger_file.read_text(encoding="utf-8")
        if written and not written.endswith("\n"):
            # A sandbox was killed while it wrote: the next line must not be joined to this one.
            self._append("\n")
        for line in written.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            gone = self.gone[entry["kind"]]
            for task_id in entry.get("alive", []):
                gone.pop(task_id, None)
            gone.update(dict.fromkeys(entry.get("gone", [])))


def in_shard(task_id: str, shards: int) -> bool:
    """Whether the id is in the first of so many shards: its SHA-256, as a number, is divisible. Never for 0 shards."""
    digest = hashlib.sha256(task_id.encode("utf-8", "surrogatepass")).digest()
    return shards > 0 and int.from_bytes(digest, "big") % shards == 0
