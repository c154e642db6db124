"""Parses the text in Search: words, `"a phrase"`, `-word`, `a OR b`, and pasted ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from dashboard.database.folding import IGNORED, fold
from dashboard.pages.foreign import is_blank

# Editors and other keyboards write these in place of the ASCII characters.
_MINUS = "-\u2212\uff0d\ufe63\u2013"
_OR = {"OR", "\uff2f\uff32"}
_QUOTES = '"\uff02“”„‟«»'
# A phrase must end before a blank or the end, so that a quotation mark within a word is an ordinary character.
_PIECE = re.compile(rf'[{_MINUS}]?"[^"]+"(?!\S)|[{_MINUS}]?[{_QUOTES}][^{_QUOTES}]+[{_QUOTES}](?!\S)|\S+')
_PHRASE = re.compile(rf'"[^"]+"|[{_QUOTES}][^{_QUOTES}]+[{_QUOTES}]')
_SEPARATORS = re.compile(r"[\s,;\uff0c\uff1b\u3001\u060c]+")
_MARKS = _QUOTES + "'`‘’‚‹›「」"
_AROUND = f"{_MARKS}()[]{{}}<>"
"""Marks that programs and people write around the ids of a list."""
_WRITTEN_OUT = re.compile(rf"[{_MARKS}].*[{_MARKS}]|.*[,;\uff0c\uff1b\u3001]")
"""Texts that can't be one id as a whole: no import takes an id in quotes."""
_NAMED = re.compile(rf"(?<!\w)(?:(?:task[ _-]?|任务)?ids?|任务编号)[{_MARKS}]?\s*[:=\uff1a]", re.IGNORECASE)
_NUMBERED = re.compile(r"[0-9]{1,4}[.)]")
"""Numbers before the ids of a list."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """A folded text that the prompt must contain or, if unwanted, must not."""

    text: str
    unwanted: bool = False

    def fits(self, folded: str) -> bool:
        return (self.text in folded) != self.unwanted


@dataclass(frozen=True, kw_only=True)
class Query:
    groups: tuple[tuple[Term, ...], ...]
    """All groups must be true. A group is true if one of its terms is; the terms had OR between them."""
    prefix: str = ""
    """A single word as it was typed, with which a task id may begin."""

    def fits(self, folded: str) -> bool:
        """Whether a folded prompt is found. Tests compare the databases with it."""
        return all(any(term.fits(folded) for term in group) for group in self.groups)

    @property
    def wanted(self) -> list[list[str]]:
        """The groups for which an index can be asked, as the texts of their terms."""
        return [[term.text for term in group] for group in self.groups if not any(term.unwanted for term in group)]


@lru_cache(maxsize=200)
def read(q: str) -> Query:
    """Parses a text. The query has no groups if there is nothing to search for."""
    groups: list[list[Term]] = []
    pieces = _PIECE.findall(q)
    joined = False
    for place, piece in enumerate(pieces):
        if piece in _OR and groups and not joined and place + 1 < len(pieces):
            joined = True
            continue
        term = _term(piece)
        if is_blank(term.text):
            # An invisible text means nothing.
            continue
        if joined:
            groups[-1].append(term)
        else:
            groups.append([term])
        joined = False
    single = len(pieces) == 1 and bool(groups) and groups[0][0].text == fold(q)
    return Query(groups=tuple(map(tuple, groups)), prefix=IGNORED.sub("", q).strip() if single else "")


def _term(piece: str) -> Term:
    # Two dashes begin options that people write into prompts, such as --seed.
    unwanted = len(piece) > 1 and piece[0] in _MINUS and piece[1] not in _MINUS
    text = piece[1:] if unwanted else piece
    return Term(text=fold(text[1:-1] if _PHRASE.fullmatch(text) else text), unwanted=unwanted)


def bare(text: str) -> str:
    """A task id without characters that were copied with it."""
    return IGNORED.sub("", text).strip().strip(_AROUND)


def _listed(piece: str) -> str:
    """The id in a piece of a list; empty for a bullet or a number: no import takes an id without a letter or digit."""
    word = "" if _NUMBERED.fullmatch(piece) else bare(piece)
    return word if any(map(str.isalnum, word)) else ""


def listed(text: str) -> list[str]:
    """The ids of a list, of whatever length, and what else stands there like one."""
    pieces = _SEPARATORS.split(_NAMED.sub(" ", IGNORED.sub("", text)))
    return list(dict.fromkeys(word for piece in pieces if (word := _listed(piece))))


@lru_cache(maxsize=200)
def ids(q: str) -> tuple[str, ...]:
    """The texts that may be task ids: the whole, if it has no white space, and the pieces between commas or blanks,
    without marks around them. None if all of several pieces are letters only, because those are words."""
    plain = IGNORED.sub("", q).strip()
    pieces = [word for piece in _SEPARATORS.split(_NAMED.sub(" ", plain)) if (word := _listed(piece))]
    if all(piece.isalpha() for piece in pieces):
        pieces = []
    whole = [plain] if len(plain.split()) == 1 and not _WRITTEN_OUT.fullmatch(plain) else []
    return tuple(dict.fromkeys([*whole, *pieces]))
