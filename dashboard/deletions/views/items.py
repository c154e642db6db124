"""The items of a deletion, as table or gallery: which page of them an address names, and what is shown on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from django.http import QueryDict

from dashboard.deletions.drafts.outliers import OUTLIERS
from dashboard.deletions.history import items
from dashboard.deletions.models import Deletion, Outcome, State, outcome_words
from dashboard.media import showing
from dashboard.pages.cursors import Damaged
from dashboard.pages.foreign import quoted

VIEWS = ["table", "gallery"]


class BadPlace(ValueError):
    """No such page. The text is a sentence for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which page of the items an address names."""

    view: str = "table"
    outcome: str = ""
    outlier: str = ""
    mark: items.Mark | None = None
    number: int = 1
    """Only shown: it is the mark that finds the page."""

    @classmethod
    def parsed(cls, query: QueryDict) -> Place:
        view, outcome, outlier, at, number = (
            query.get(name, "") for name in ("view", "outcome", "outlier", "from", "page")
        )
        for label, given, known in (
            ("View", view, VIEWS),
            ("Outcome", outcome, Outcome.values),
            ("Outlier", outlier, [*OUTLIERS]),
        ):
            if given and given not in known:
                raise BadPlace(f"{label}: {quoted(given)} is not one of {', '.join(known)}.")
        try:
            mark = items.Mark.parsed(at) if at else None
            if (mark and outcome not in {"", mark.outcome}) or not re.fullmatch(r"[0-9]{0,9}", number, re.ASCII):
                raise Damaged(at or number)
        except Damaged as bad:
            raise BadPlace(f"{quoted(str(bad))} is not a page of these items.") from bad
        page = max(int(number or 1), 1) if mark else 1
        return cls(view=view or "table", outcome=outcome, outlier=outlier, mark=mark, number=page)

    @property
    def query(self) -> str:
        """As an address has it."""
        found = QueryDict(mutable=True)
        found.update({name: str(value) for name, value in self.fields.items() if value})
        return found.urlencode()

    @property
    def fields(self) -> dict[str, object]:
        page = {"from": self.mark, "page": self.number} if self.mark else {}
        return {"view": self.view if self.view != "table" else "", **self._filters, **page}

    @property
    def _filters(self) -> dict[str, object]:
        return {"outcome": self.outcome, "outlier": self.outlier}

    def first(self, **changes: str) -> str:
        """The address of the first page under another filter, or in another view."""
        return f"?{replace(self, mark=None, number=1, **changes).query}"

    def other(self, mark: str, step: int) -> str:
        """The address of another page; empty when there is none."""
        there = items.Mark.parsed(mark) if mark else None
        return f"?{replace(self, mark=there, number=self.number + step).query}" if there else ""


def items_context(deletion: Deletion, place: Place) -> dict[str, object]:
    page = items.page_of(deletion, outcome=place.outcome, mark=place.mark, outlier=place.outlier)
    in_draft = deletion.state == State.DRAFT
    for item in page.items:
        item.in_draft = in_draft
    pictures = showing.of_tasks([item.tracked for item in page.items])
    return {
        "items": page.items,
        "rows": [(item, pictures[item.tracked_id]) for item in page.items],
        "item_pictures": pictures,
        "place": place,
        "views": [(view, view.capitalize(), place.first(view=view)) for view in VIEWS],
        "outcomes": _outcomes(deletion, place, in_draft=in_draft),
        "outliers": _outliers(deletion, place) if in_draft else [],
        "next": page.next,
        "previous_url": place.other(page.previous, -1),
        "next_url": place.other(page.next, 1),
        "pages": items.pages(deletion, outcome=place.outcome, outlier=place.outlier),
    }


def _outcomes(deletion: Deletion, place: Place, *, in_draft: bool) -> list[dict[str, object]]:
    """What there is to filter by; `All` first."""
    every = [("", "All", deletion.total)]
    numbers = [(o.value, outcome_words(o, in_draft=in_draft), getattr(deletion, o.value)) for o in items.ORDER]
    return [
        {
            "outcome": outcome,
            "label": label,
            "count": count,
            "url": place.first(outcome=outcome, outlier=""),
            "current": outcome == place.outcome and not place.outlier,
        }
        for outcome, label, count in every + numbers
        if count
    ]


def _outliers(deletion: Deletion, place: Place) -> list[dict[str, object]]:
    stored = deletion.facts.get("outliers", {})
    return [
        {
            "label": outlier.label,
            "count": stored[name]["count"],
            "url": place.first(outcome="", outlier=name),
            "current": name == place.outlier,
        }
        for name, outlier in OUTLIERS.items()
        if name in stored
    ]
