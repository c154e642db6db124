"""Cursors of long lists: a page begins at a row's number, so the last page costs as little as the first."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

Row = TypeVar("Row")
PLACE = re.compile(r"([a-z_]+)-([1-9][0-9]{0,17})", re.ASCII)


class Damaged(ValueError):
    """The text names no page."""


def parsed(text: str, words: Collection[str]) -> tuple[str, int]:
    """The parts of `older-17`, where `older` is one of the words. Raises `Damaged`."""
    match = PLACE.fullmatch(text)
    if match is None or match[1] not in words:
        raise Damaged(text)
    return match[1], int(match[2])


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """A row of a list with its newest rows first, and the side of it on which the page is."""

    older: bool
    number: int

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        if not text:
            return None
        word, number = parsed(text, {"older", "newer"})
        return cls(older=word == "older", number=number)

    def __str__(self) -> str:
        return f"{'older' if self.older else 'newer'}-{self.number}"


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    rows: list[Row]
    newer: Cursor | None
    older: Cursor | None


def cut(found: list[Row], *, size: int, onward: bool, behind: bool) -> tuple[list[Row], bool, bool]:
    """The rows of a page in the list's order, and whether there are pages before and after it.

    `found` was read from the cursor in one direction, with one row more than a page has. `behind` tells whether there
    are rows in the other direction.
    """
    more, rows = len(found) > size, found[:size]
    return (rows, behind, more) if onward else (rows[::-1], more, behind)
