"""Which ids are deleted and since when, what has yet to happen to them, and the file that survives a restart."""

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
"""Older ones leave the ledger."""
LONGEST_HISTORY = 100
"""Changes of one id that are kept."""


class Event(NamedTuple):
    """One id was deleted, or came back."""

    at: float
    """The moment it took effect."""
    kind: str
    id: str
    gone: bool


@dataclass(frozen=True, order=True)
class Effect:
    """What happens at a moment yet to come."""

    at: float
    number: int
    """Orders effects of the same moment."""
    do: Callable[[float], None] = field(compare=False)
    """Takes its own moment."""


class Existence:
    """What is deleted, now and at every earlier moment. Its caller holds the lock.

    Nothing happens by itself. `settle` does what is due, each at its own moment, and has to come before every question.
    What is still to come when the sandbox stops is lost: a late deletion is then never done, and a deletion that would
    have been rolled back stays.
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
        """Do what is due. Returns the moment that is now."""
        now = self.clock()
        while self._pending and self._pending[0].at <= now:
            effect = heapq.heappop(self._pending)
            effect.do(effect.at)
        return now

    def later(self, at: float, do: Callable[[float], None]) -> None:
        """Do this at a moment yet to come."""
        self._effects += 1
        heapq.heappush(self._pending, Effect(at, self._effects, do))

    def remove(self, kind: TaskKind, ids: Iterable[str], at: float) -> list[Event]:
        """Ids that are gone from now on. Returns what changed."""
        changed = [self._change(Event(at, kind.value, one, True)) for one in ids if one not in self.gone[kind]]
        if changed:
            self._write({"kind": kind.value, "gone": [event.id for event in changed]})
        return changed

    def restore(self, kind: TaskKind, ids: Iterable[str], at: float) -> None:
        """Ids that are there again."""
        changed = [self._change(Event(at, kind.value, one, False)) for one in ids if one in self.gone[kind]]
        if changed:
            self._write({"kind": kind.value, "alive": [event.id for event in changed]})

    def undo(self, deletions: Sequence[Event], at: float) -> None:
        """Take deletions of one kind back, except of ids to which something else has happened since."""
        mine = [event.id for event in deletions if self._histories[event.kind, event.id][-1] is event]
        if deletions:
            self.restore(TaskKind(deletions[0].kind), mine, at)

    def gone_at(self, kind: TaskKind, task_id: str, moment: float) -> bool:
        """Whether it was deleted at that moment. What was deleted before the sandbox started was so all along."""
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
            # A sandbox that was killed while it wrote: the next line must not join this one.
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
