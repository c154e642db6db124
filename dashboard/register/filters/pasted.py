"""The result for each id that was pasted into Search, so that no missing id goes unnoticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from dashboard.register.search.query import ids

MOST_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class Pasted:
    given: tuple[str, ...]
    """The pieces that may be ids, each once."""
    known: tuple[str, ...]
    """The pieces that are ids of tasks, whatever the other filters are."""
    left_out: tuple[str, ...]
    """The known ids that the other filters exclude."""

    @classmethod
    def of(cls, q: str, known: dict[str, bool]) -> Self:
        """`known` are the pieces that are ids, and whether one of their tasks passes the other filters."""
        given = ids(q)
        if q in known:
            # One id that contains commas: its pieces were not meant.
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
        """The unknown pieces that a page shows."""
        return self.unknown[:MOST_NAMED]

    @property
    def unnamed(self) -> int:
        return len(self.unknown) - len(self.named)
