"""What was there at the provider, and when, by its ledger: what the oracle holds the rows against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

AT_ABOUT = 0.05
"""Seconds by which the moment of an answer is known: the provider did its work a little before."""
FOR_EVER = float("inf")
Ident = tuple[str, str]
"""Kind and task id."""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the oracle can't read from the rows."""

    gone_before: frozenset[Ident] = frozenset()
    """Never there, or deleted at the provider by others than us; we need not have noticed."""
    skew: float = 0.0
    """By how many seconds a clock may have been wrong. More than 0 excuses a call in flight too many."""
    lies: bool = False
    """The provider may say Success and leave some out, or take back what it did: what it only said may be false."""
    lag: float = 0.0
    """Seconds by which look-ups are behind. What we deleted ourselves is to be waited for all the same."""
    hidden: frozenset[Ident] = frozenset()
    """What look-ups never find, whether it is there or not: nothing but its delete can tell."""


class Past:
    """What was there, and when, by the ledger."""

    def __init__(self, ledger: Mapping[str, Any], known: Circumstances) -> None:
        self.known = known
        self.now = {(kind, task_id) for kind, ids in ledger["deleted"].items() for task_id in ids}
        self.changes: dict[Ident, list[tuple[float, bool]]] = defaultdict(list)
        for event in ledger["events"]:
            self.changes[event["kind"], event["id"]].append((event["at"], event["gone"]))

    def was(self, ident: Ident, gone: bool, *, since: float, until: float) -> bool:
        """Whether there was a moment between these two at which it was gone, or there."""
        changes = self.changes.get(ident, [])
        began = not changes[0][1] if changes else ident in self.now | self.known.gone_before
        spans = zip([(float("-inf"), began), *changes], [*changes, (FOR_EVER, began)], strict=True)
        return any(state == gone and start <= until and end >= since for (start, state), (end, _) in spans)

    def was_at(self, ident: Ident, gone: bool, moment: datetime) -> bool:
        """The same at about this moment, as a look-up may have seen it."""
        about = AT_ABOUT + self.known.skew
        behind = self.known.lag if ident in self.known.gone_before else 0.0
        at = moment.timestamp()
        return self.was(ident, gone, since=at - about - behind, until=at + about)

    def came_back_after(self, ident: Ident, moment: datetime) -> bool:
        return any(at >= moment.timestamp() - AT_ABOUT and not gone for at, gone in self.changes.get(ident, []))
