"""A deletion at each of its closings: as it is now, with all later corrections undone.

After its first end each changed result has an entry with its task, and the outcome before and after. So every closing
entry can be compared with the present items, also while the deletion is being checked or inspected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from django.db.models import QuerySet

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.deletions.drafts.fingerprint import Line

CORRECTED = "deletion.corrected"
MOST = 100_000
"""The most changes of one deletion that are remembered by task: before older ones only the counts are compared."""


class Past:
    def __init__(self, corrections: QuerySet[AuditEvent], closings: list[AuditEvent]) -> None:
        self.closings = closings
        self.moved: dict[int, Counter[str]] = {closing.sequence: Counter() for closing in closings}
        """By closing: what to add to the present counts."""
        self.changes: dict[tuple[str, str], list[tuple[int, str]]] = {}
        """By task: the entries of its changes, and its outcome before each."""
        self.last_told: dict[tuple[str, str], str] = {}
        """By task: its outcome after the last change."""
        self.forgotten = self.last = 0
        """The last change that is not remembered by task, and the last of all."""
        if closings:
            self._read(corrections.filter(sequence__gt=closings[0].sequence))

    def _read(self, corrections: QuerySet[AuditEvent]) -> None:
        too_many = corrections.count() - MOST
        for number, event in enumerate(chain.in_order(corrections)):
            before, after = event.detail["from"], event.detail["to"]
            for closing in self.closings:
                if closing.sequence < event.sequence:
                    self.moved[closing.sequence].update({before: 1})
                    self.moved[closing.sequence].subtract({after: 1})
            self.last = event.sequence
            if number < too_many:
                self.forgotten = event.sequence
            else:
                task = (event.detail["kind"], event.detail["task_id"])
                self.changes.setdefault(task, []).append((event.sequence, before))
                self.last_told[task] = after

    def known(self) -> list[int]:
        """The closings after which each change is remembered by task."""
        return [closing.sequence for closing in self.closings if closing.sequence > self.forgotten]

    def at(self, closing: int, some: list[Line]) -> list[Line]:
        """These items as they were at a closing."""
        return [
            line._replace(outcome=next((before for at, before in changes if at > closing), line.outcome))
            if (changes := self.changes.get((line.kind, line.task_id)))
            else line
            for line in some
        ]

    def wrong(self, counts: Counter[str], outcomes: Mapping[int, str]) -> Iterator[str]:
        """Differences between closing entries and items."""
        for closing in self.closings:
            said, sequence = closing.detail, closing.sequence
            then = {name: counts[name] + self.moved[sequence][name] for name in said["counts"]}
            same = {"counts": said["counts"] == then, "outcomes": outcomes.get(sequence) in {None, said["outcomes"]}}
            if wrong := [name for name, is_same in same.items() if not is_same]:
                yield f"it differs from entry {sequence}, which closed it, in: {', '.join(wrong)}."
