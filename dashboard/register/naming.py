"""Selecting by ids that somebody pasted, or has in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import transaction

from dashboard.calls.models import Kind
from dashboard.database import sql
from dashboard.register import presses
from dashboard.register.models import Presence, Selection, TrackedTask
from dashboard.register.search.query import bare, listed
from dashboard.register.selecting import BadSelection, Ticks

MOST_IDS = 200_000
LARGEST = 8 * 1024 * 1024
"""Bytes of a file with so many ids."""
MOST_NAMED = 100
NO_IDS = {"kind", "task_id", "task id", "taskid", "id", "ids", *Kind.values}
"""What stands above the columns of a table, and beside an id in one."""
_COLUMNS = (
    "t.id, t.task_id, t.presence, t.held_by, t.kind, EXISTS (SELECT 1 FROM register_star s WHERE s.task_id = t.id)"
)

WHY: dict[str, str] = {Presence.DELETING: "being deleted", Presence.DELETED: "already deleted"}

NONE = "There is no id. Paste ids, or choose a file with ids."
TOO_MANY = "These are more than {:,} ids. Select them in several parts."


@dataclass(kw_only=True)
class Named:
    """What became of them."""

    given: int = 0
    unknown: list[str] = field(default_factory=list)
    unfit: Counter[str] = field(default_factory=Counter)
    """Why some can't be selected, and how many."""
    twofold: int = 0
    """Ids of an image and of a video: both are selected."""
    starred: int = 0
    numbers: list[int] = field(default_factory=list)
    new: int = 0
    """How many of these were not selected before."""

    @property
    def why_not(self) -> list[tuple[str, int]]:
        return sorted(self.unfit.items())

    @property
    def shown(self) -> list[str]:
        return self.unknown[:MOST_NAMED]

    @property
    def not_shown(self) -> int:
        return len(self.unknown) - len(self.shown)

    @property
    def is_clean(self) -> bool:
        """Whether nothing has to be told but how many are selected now."""
        return not (self.unknown or self.unfit or self.twofold)


def select(
    text: str,
    *,
    user: User,
    selection: Selection | None,
    before: Ticks | None = None,
    kind: str = "",
    held: bool = False,
) -> tuple[Selection | None, Named]:
    """Selects the tasks with these ids, besides what is selected. Raises `BadSelection` where there is no id at all.

    `kind`: of this kind only. `held`: also those that are on hold, for who holds or releases.
    """
    named = _looked_up(text, kind=kind, held=held)
    if not named.numbers:
        return selection, named
    had = selection.count if selection else 0
    with transaction.atomic():
        chosen = presses.add_numbers(user=user, numbers=named.numbers, selection=selection, before=before)
    named.new = chosen.count - had
    return chosen, named


def numbers_of(keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The rows of those of these tasks that the register has, by kind and id."""
    found = {(kind, task_id): pk for pk, task_id, _, _, kind, _ in _rows({task_id for _, task_id in keys})}
    return {key: found[key] for key in keys if key in found}


def _looked_up(text: str, *, kind: str, held: bool) -> Named:
    pieces = listed(text)
    # An id may have commas in it.
    lines = [word for line in text.splitlines() if "," in line and (word := bare(line)) and not word.count(" ")]
    if not pieces:
        raise BadSelection(NONE)
    if len(pieces) > MOST_IDS:
        raise BadSelection(TOO_MANY.format(MOST_IDS))
    named, known = Named(), Counter[str]()
    for pk, task_id, presence, held_by, its_kind, starred in _rows({*pieces, *lines}):
        if kind not in {"", its_kind}:
            continue
        known[task_id] += 1
        if why := _unfit(presence, "" if held else held_by):
            named.unfit[why] += 1
        else:
            named.numbers.append(pk)
            named.starred += bool(starred)
    parts = {piece for line in lines if line in known for piece in listed(line)} - set(known)
    given = [piece for piece in pieces if piece not in parts and (piece in known or piece.lower() not in NO_IDS)]
    named.given = len({*given, *(line for line in lines if line in known)})
    named.unknown = [piece for piece in given if piece not in known]
    named.twofold = sum(number > 1 for number in known.values())
    return named


def _rows(ids: Iterable[str]) -> list[tuple[int, str, str, str, str, bool]]:
    statement = f"SELECT {_COLUMNS} FROM {TrackedTask._meta.db_table} t WHERE {sql.among('t.task_id')}"  # nosec B608 # only names from the code, values beside them
    # PostgreSQL has no NUL in any text.
    return sql.rows(statement, sql.array_of([one for one in ids if "\0" not in one]))


def _unfit(presence: str, held_by: str) -> str:
    if presence == Presence.PRESENT:
        return "held" if held_by else ""
    return WHY.get(presence, "missing")
