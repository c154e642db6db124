"""The known names of models, and the names that a text means. Docs: `docs/listing.md`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

from dashboard.database.folding import fold
from dashboard.register.models import TrackedTask

MOST_COUNTED = 50
"""Models, in the order of their names; a register has about ten."""
MOST_KNOWN = 1000
MOST_WRITTEN = 3
"""The most spellings of one name that are shown."""
NONE = "(none)"
# One index probe for each; `SELECT DISTINCT` would read every task.
MODELS = """
    WITH RECURSIVE known(model) AS (
        SELECT min(model) FROM register_trackedtask WHERE listed = %(listed)s
        UNION ALL
        SELECT (SELECT min(model) FROM register_trackedtask WHERE listed = %(listed)s AND model > known.model)
        FROM known WHERE known.model IS NOT NULL
    ) SELECT model FROM known WHERE model IS NOT NULL LIMIT %(most)s"""
# A quotation mark within a name is an ordinary character, as in Search.
_PIECE = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?=,|$)|[^,]+')


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One model: all spellings that fold to the same name. `names` is empty if the register lacks it."""

    text: str
    """The text that the field takes."""
    names: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return _key(self.names[0]) if self.names else self.text

    @property
    def words(self) -> str:
        if not self.names:
            return NONE if self.text == '""' else self.text
        shown = [name or NONE for name in self.names[:MOST_WRITTEN]]
        more = len(self.names) - len(shown)
        return " or ".join([*shown, f"{more} more ways to write it"] if more else shown)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    name: str
    quoted: bool
    begin: int
    end: int


def known(*, listed: bool, most: int = MOST_COUNTED) -> list[str]:
    """The names in the register. An empty one stands for tasks without a model."""
    with connection.cursor() as cursor:
        cursor.execute(MODELS, {"listed": int(listed), "most": most})
        return [model for (model,) in cursor.fetchall()]


def choices(names: Iterable[str]) -> list[Choice]:
    """One choice per model, in alphabetical order."""
    grouped: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        grouped.setdefault(_key(name), []).append(name)
    plainest = {key: min(names, key=len) for key, names in grouped.items()}
    return [Choice(text=written(plainest[key]), names=tuple(names)) for key, names in sorted(grouped.items())]


def written(name: str) -> str:
    """A name as the field takes it: in quotation marks if it would otherwise be read as several names, or as none."""
    name = " ".join(name.split())
    if name and "," not in name and name[0] != '"':
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def joined(chosen: Iterable[Choice]) -> str:
    return ", ".join(choice.text for choice in chosen)


def meant(text: str) -> list[Choice]:
    """The models that a text names, in any case: one, or several with commas, each once, including unknown ones."""
    pieces = list(_read(text))
    there = {choice.key: choice for choice in choices(_known_anywhere(text, pieces))}
    found: dict[str, Choice] = {}
    while pieces:
        name, taken = _first(text, pieces, there)
        found.setdefault(_key(name), there.get(_key(name)) or Choice(text=written(name)))
        pieces = pieces[taken:]
    return list(found.values())


def _first(text: str, pieces: list[_Piece], there: dict[str, Choice]) -> tuple[str, int]:
    """The first name, and how many pieces it has: a name with commas may lack quotation marks, as in the table, if its
    pieces are no names themselves."""
    first = pieces[0]
    if first.quoted or _key(first.name) in there:
        return first.name, 1
    longest = 1 + max((name.count(",") for choice in there.values() for name in choice.names), default=0)
    run = [piece for piece in pieces[:longest] if not piece.quoted]
    for taken in range(len(run), 1, -1):
        name = text[first.begin : pieces[taken - 1].end]
        if _key(name) in there and not any(_key(piece.name) in there for piece in pieces[:taken]):
            return name, taken
    return first.name, 1


def _known_anywhere(text: str, pieces: list[_Piece]) -> set[str]:
    names = {name for listed in (True, False) for name in known(listed=listed, most=MOST_KNOWN)}
    if len(names) < MOST_KNOWN:
        return names
    # Not all of so many were read, so the exact spellings are looked up too.
    wanted = [text, *(piece.name for piece in pieces)]
    return names | set(TrackedTask.objects.filter(listed__in=[0, 1], model__in=wanted).values_list("model", flat=True))


def _read(text: str) -> Iterator[_Piece]:
    for found in _PIECE.finditer(text):
        quoted = found[1] is not None
        name = found[1].replace('""', '"') if quoted else found[0].strip()
        if name or quoted:
            yield _Piece(name=name, quoted=quoted, begin=found.start(), end=found.end())


def _key(name: str) -> str:
    """Equal for all spellings of a name. A wholly invisible name is compared exactly."""
    return fold(name) or " ".join(name.split())
