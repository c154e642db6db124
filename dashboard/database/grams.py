"""What the text index holds of a folded prompt: pieces of one to three characters, so that any text can be looked up.

A word lies between blanks, so no piece reaches over one. The index only proposes: what it holds twice, or of a day long
past, costs a look and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

LONGEST = 3
MOST = 16
"""So many pieces of one word narrow enough; the rest of it is for the predicate."""
SHORT = 24
"""Characters up to which a word is likely to come again."""
LEVELS = 10
"""On PostgreSQL a slot is also held as a part of 4, 16, 64, … slots, so that any stretch of them is a few keys."""
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
# Every mark but the blank belongs to a piece, in the way in which FTS5 quotes within quotes.
MARKS = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum()).replace("'", "''").replace('"', '""')


def of(folded: str) -> str:
    """All pieces of a prompt, between blanks."""
    if not folded.isprintable():
        folded = _CONTROLS.sub("\ufffd", folded)
    return " ".join([*[_known(run) if len(run) <= SHORT else _of(run) for run in folded.split()], *set(folded)])


def looked_up(text: str) -> list[str]:
    """Pieces that a prompt with this text has."""
    pieces = [
        run[place : place + LONGEST]
        for run in _CONTROLS.sub("\ufffd", text).split()
        for place in range(max(len(run) - LONGEST, 0) + 1)
    ]
    distinct = list(dict.fromkeys(pieces))
    return distinct[:: -(-len(distinct) // MOST)] if distinct else []


def _of(run: str) -> str:
    """Those of two characters and more. The index itself passes over what comes again."""
    pairs = [run[place : place + 2] for place in range(len(run) - 1)]
    return " ".join(pairs + [run[place : place + LONGEST] for place in range(len(run) - 2)])


_known = lru_cache(maxsize=20_000)(_of)


# For PostgreSQL, whose index of three letters or digits of ASCII knows no fewer and no others: those, as numbers.

PLAIN = 0
"""The number of every prompt of printable ASCII. Of its single letters only the rare ones are numbered: the others are
in nearly all of them."""
RARE = "0123456789jqxz"
_FOLLOWER = "\ufffd"
"""For any character that is not printable ASCII."""


def numbered(folded: str) -> list[int] | None:
    """Of a prompt each single character, each pair that is not ASCII, and two of ASCII that such a character follows.
    None for a plain prompt without a rare letter."""
    if _is_plain(folded):
        rare = [_number(letter) for letter in RARE if letter in folded]
        return [PLAIN, *rare] if rare else None
    return sorted({number for run in folded.split() for number in _numbers(run)})


def numbers_looked_up(text: str) -> list[int]:
    """Of a text, pairs where there are any."""
    found = []
    for run in text.split():
        pairs = [run[place : place + 2] for place in range(max(len(run) - 1, 1))]
        found += [_number(pair) for pair in pairs if not pair.isascii()]
    return sorted(set(found))[: 2 * MOST]


def numbers_of_letter(letter: str) -> list[int]:
    """Of a single one of ASCII: a prompt that holds it has one of them."""
    return [_number(letter)] if letter in RARE else [_number(letter), PLAIN]


def number_followed(pair: str) -> int:
    """Of two of ASCII before a character that is not printable ASCII."""
    return _number(pair + _FOLLOWER)


def rare_numbers(text: str) -> str:
    """SQL for what `numbered` says of a plain prompt."""
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
    """Pieces that share one only propose more."""
    return crc32(piece.encode()) - 2**31


def slot_keys(slot: str) -> str:
    """SQL for all keys of a slot: each says in its last digit of 16 of how many slots it is."""
    return f"ARRAY[{', '.join(f'({slot} / {4**level})::bigint * 16 + {level}' for level in range(LEVELS))}]"


def keys_between(first: int, last: int) -> list[int]:
    """As few keys as cover these slots, and perhaps some beside them."""
    level = next((level for level in range(LEVELS) if 4**level * 4 > last - first), LEVELS - 1)
    return [part * 16 + level for part in range(first // 4**level, last // 4**level + 1)]
