"""What somebody wrote into Search, read: words, `"a phrase"`, `-word`, `a OR b`, and ids that were pasted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from dashboard.database.folding import IGNORED, fold
from dashboard.pages.foreign import is_blank

# Editors and other keyboards put these in place of what was typed.
_MINUS = "-\u2212\uff0d\ufe63\u2013"
_OR = {"OR", "\uff2f\uff32"}
_QUOTES = '"\uff02“”„‟«»'
# A phrase ends where a blank or the end follows, so that a quotation mark within a word is a mark like any other.
_PIECE = re.compile(rf'[{_MINUS}]?"[^"]+"(?!\S)|[{_MINUS}]?[{_QUOTES}][^{_QUOTES}]+[{_QUOTES}](?!\S)|\S+')
_PHRASE = re.compile(rf'"[^"]+"|[{_QUOTES}][^{_QUOTES}]+[{_QUOTES}]')
_SEPARATORS = re.compile(r"[\s,;\uff0c\uff1b\u3001\u060c]+")
_MARKS = _QUOTES + "'`‘’‚‹›「」"
_AROUND = f"{_MARKS}()[]{{}}<>"
"""What programs, and people, write around the ids of a list."""
_WRITTEN_OUT = re.compile(rf"[{_MARKS}].*[{_MARKS}]|.*[,;\uff0c\uff1b\u3001]")
"""What can't be an id as a whole: no import takes one in quotes."""
_NAMED = re.compile(rf"(?<!\w)(?:(?:task[ _-]?|任务)?ids?|任务编号)[{_MARKS}]?\s*[:=\uff1a]", re.IGNORECASE)
_NUMBERED = re.compile(r"[0-9]{1,4}[.)]")
"""What stands before each id of a list, as bullets do."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """A text that occurs in the prompt, or does not; folded."""

    text: str
    unwanted: bool = False

    def fits(self, folded: str) -> bool:
        return (self.text in folded) != self.unwanted


@dataclass(frozen=True, kw_only=True)
class Query:
    groups: tuple[tuple[Term, ...], ...]
    """All of them must hold. Of one, whose terms stood with OR between, any."""
    prefix: str = ""
    """A single word, to the letter: what a task id may begin with."""

    def fits(self, folded: str) -> bool:
        """Whether a folded prompt is found: what the databases are held against."""
        return all(any(term.fits(folded) for term in group) for group in self.groups)

    @property
    def wanted(self) -> list[list[str]]:
        """Of each group that an index can serve: what any of its terms holds."""
        return [[term.text for term in group] for group in self.groups if not any(term.unwanted for term in group)]


@lru_cache(maxsize=200)
def read(q: str) -> Query:
    """Without a group where there is nothing to look for."""
    groups: list[list[Term]] = []
    pieces = _PIECE.findall(q)
    joined = False
    for place, piece in enumerate(pieces):
        if piece in _OR and groups and not joined and place + 1 < len(pieces):
            joined = True
            continue
        term = _term(piece)
        if is_blank(term.text):
            # What nobody sees says nothing.
            continue
        if joined:
            groups[-1].append(term)
        else:
            groups.append([term])
        joined = False
    single = len(pieces) == 1 and bool(groups) and groups[0][0].text == fold(q)
    return Query(groups=tuple(map(tuple, groups)), prefix=IGNORED.sub("", q).strip() if single else "")


def _term(piece: str) -> Term:
    # Two dashes begin what people write into prompts, such as --seed.
    unwanted = len(piece) > 1 and piece[0] in _MINUS and piece[1] not in _MINUS
    text = piece[1:] if unwanted else piece
    return Term(text=fold(text[1:-1] if _PHRASE.fullmatch(text) else text), unwanted=unwanted)


def bare(text: str) -> str:
    """A task id without what was copied along with it."""
    return IGNORED.sub("", text).strip().strip(_AROUND)


def _listed(piece: str) -> str:
    """The id in a piece of a list; empty where it is a bullet or a number of the list: no import takes one without a
    letter or a digit."""
    word = "" if _NUMBERED.fullmatch(piece) else bare(piece)
    return word if any(map(str.isalnum, word)) else ""


@lru_cache(maxsize=200)
def ids(q: str) -> tuple[str, ...]:
    """What may be a task id: the whole, unless there is white space in it, and what stands between commas or blanks,
    without what stands around it. None of it where several pieces are made of letters alone: those are words."""
    plain = IGNORED.sub("", q).strip()
    pieces = [word for piece in _SEPARATORS.split(_NAMED.sub(" ", plain)) if (word := _listed(piece))]
    if all(piece.isalpha() for piece in pieces):
        pieces = []
    whole = [plain] if len(plain.split()) == 1 and not _WRITTEN_OUT.fullmatch(plain) else []
    return tuple(dict.fromkeys([*whole, *pieces]))
