"""What one page of the list posts: the rows that it shows, and which of them are ticked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.http import QueryDict

MOST_SHOWN = 200
GONE = "This selection is not yours or no longer exists. Select the tasks again."


class BadSelection(Exception):
    """What was posted can't be a selection. The text is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """What one page posts: the rows it shows, and which of them are ticked."""

    selection: UUID | None
    shown: list[int]
    ticked: list[int]
    known: list[int] | None = None
    """Which were when the page was told last: the others were ticked or unticked here. None where it does not say."""
    earlier: UUID | None = None
    """What the page offers to bring back."""

    @classmethod
    def from_post(cls, post: QueryDict) -> Self:
        ticks = cls(
            selection=selection_uuid(post.get("selection", "")),
            shown=_listed(post.get("shown", "")),
            ticked=row_numbers(post.getlist("task")),
            known=_listed(post.get("known", "")) if "known" in post else None,
            earlier=selection_uuid(post.get("earlier", "")),
        )
        if not set(ticks.ticked) <= set(ticks.shown):
            raise BadSelection("A ticked task is not on this page. Reload the page and select again.")
        return ticks

    @property
    def changed(self) -> tuple[set[int], set[int]]:
        """What was ticked on this page and what was unticked, since another tab may have changed the others."""
        ticked, shown = set(self.ticked), set(self.shown)
        known = shown - ticked if self.known is None else set(self.known) & shown
        return (ticked if self.known is None else ticked - known), known - ticked


def selection_uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise BadSelection(GONE) from error


def row_numbers(texts: list[str]) -> list[int]:
    if len(texts) > MOST_SHOWN or not all(re.fullmatch(r"[0-9]{1,18}", text) for text in texts):
        raise BadSelection("The rows of this page can't be read. Reload the page and select again.")
    return [int(text) for text in texts]


def _listed(text: str) -> list[int]:
    return row_numbers([number for number in text.split(",") if number])
