"""The text index of folded prompts: pieces of one to three characters, so that any text can be looked up.

No piece contains a blank. The index only proposes tasks: a doubled or outdated entry costs time, and no result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

LONGEST = 3
MOST = 16
"""Pieces of a word that are looked up: enough to narrow the search, and the predicate decides the rest."""
SHORT = 24
"""Longest word whose pieces are cached, because short words are likely to come again."""
LEVELS = 10
"""PostgreSQL's index also has a slot as a part of 4, 16, 64, … slots, so that any range of them is a few keys."""
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
# Every mark except the blank is part of a piece. Quotes are doubled, as FTS5 needs it.
MARKS = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum()).replace("'", "''").replace('"', '""')


def of(folded: str) -> str:
    """All pieces of a prompt, separated by blanks."""
    if not folded.isprintable():
        folded = _CONTROLS.sub("\ufffd", folded)
    return " ".join([*[_known(run) if len(run) <= SHORT else _of(run) for run in folded.split()], *set(folded)])


def looked_up(text: str) -> list[str]:
    """Pieces that every prompt with this text has."""
    pieces = [
        run[place : place + LONGEST]
        for run in _CONTROLS.sub("\ufffd", text).split()
        for place in range(max(len(run) - LONGEST, 0) + 1)
    ]
    distinct = list(dict.fromkeys(pieces))
    return distinct[:: -(-len(distinct) // MOST)] if distinct else []


def _of(run: str) -> str:
    """The pieces of two and three characters. Repeated ones stay, because the index ignores them."""
    pairs = [run[place : place + 2] for place in range(len(run) - 1)]
    return " ".join(pairs + [run[place : place + LONGEST] for place in range(len(run) - 2)])


_known = lru_cache(maxsize=20_000)(_of)


# For PostgreSQL, whose trigram index knows only three ASCII letters or digits: other pieces, as numbers.

PLAIN = 0
"""The number of every prompt of printable ASCII. There only rare letters have numbers: nearly all have the others."""
RARE = "0123456789jqxz"
_FOLLOWER = "\ufffd"
"""Stands for any character that is not printable ASCII."""


def numbered(folded: str) -> list[int] | None:
    """A prompt's numbers: of each character, each pair that is not ASCII, and each ASCII pair before such a character.
    None for a plain prompt without a rare letter.
    """
    if _is_plain(folded):
        rare = [_number(letter) for letter in RARE if letter in folded]
        return [PLAIN, *rare] if rare else None
    return sorted({number for run in folded.split() for number in _numbers(run)})


def numbers_looked_up(text: str) -> list[int]:
    """The numbers of a text's pairs that are not ASCII, which every prompt with the text has."""
    found = []
    for run in text.split():
        pairs = [run[place : place + 2] for place in range(max(len(run) - 1, 1))]
        found += [_number(pair) for pair in pairs if not pair.isascii()]
    return sorted(set(found))[: 2 * MOST]


def numbers_of_letter(letter: str) -> list[int]:
    """Numbers of one ASCII letter: a prompt that contains it has at least one of them."""
    return [_number(letter)] if letter in RARE else [_number(letter), PLAIN]


def number_followed(pair: str) -> int:
    """The number of two ASCII characters before a character that is not printable ASCII."""
    return _number(pair + _FOLLOWER)


def rare_numbers(text: str) -> str:
    """SQL: the result of `numbered` for a plain prompt."""
    rare = ", ".join(f"CASE WHEN strpos({text}, '{letter}') > 0 THEN {_number(letter)} END" for letter in RARE)
    return f"CASE WHEN {text} ~ '[{RARE}]' THEN array_remove(ARRAY[{PLAIN}, {rare}], NULL) END"


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _numbers(run: str) -> Iterable[int]:
    for place, letter in enumerate(run):
        yield _number(letter)
        if not _is_plain(run[place : place + 2]):
            yield _number(run[place : place + 2])
        if not _is_plain(letter) and place >= 2:
            yield number_followed(run[place - 2 : place])


def _number(piece: str) -> int:
    """Two pieces with the same number only cause more proposals."""
    return crc32(piece.encode()) - 2**31


def slot_keys(slot: str) -> str:
    """SQL: all keys of a slot. The remainder of a key by 16 is the level: the key covers 4 to that power of slots."""
    return f"ARRAY[{', '.join(f'({slot} / {4**level})::bigint * 16 + {level}' for level in range(LEVELS))}]"


def keys_between(first: int, last: int) -> list[int]:
    """The fewest keys that cover these slots, perhaps with slots beside them."""
    level = next((level for level in range(LEVELS) if 4**level * 4 > last - first), LEVELS - 1)
    return [part * 16 + level for part in range(first // 4**level, last // 4**level + 1)]
