"""What became of the ids that somebody pasted into Search: none of them goes missing without a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from dashboard.register.search.query import ids

MOST_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class Pasted:
    given: tuple[str, ...]
    """What may be an id, each once."""
    known: tuple[str, ...]
    """Ids of tasks, whatever else the list is narrowed by."""
    left_out: tuple[str, ...]
    """Those of them that everything else leaves out."""

    @classmethod
    def of(cls, q: str, known: dict[str, bool]) -> Self:
        """`known`: those that are ids, and whether the other filters let one of its tasks pass."""
        given = ids(q)
        if q in known:
            # An id with commas in it: its pieces were not meant.
            given = (q,)
        elif len(given) > 1:
            given = tuple(piece for piece in given if piece != q)
        found = tuple(piece for piece in given if piece in known)
        return cls(given=given, known=found, left_out=tuple(piece for piece in found if not known[piece]))

    @property
    def mostly_known(self) -> bool:
        return 2 * len(self.known) > len(self.given)

    @property
    def unknown(self) -> list[str]:
        known = set(self.known)
        return [piece for piece in self.given if piece not in known]

    @property
    def named(self) -> list[str]:
        """As many of the unknown as a page shows."""
        return self.unknown[:MOST_NAMED]

    @property
    def unnamed(self) -> int:
        return len(self.unknown) - len(self.named)
