"""How texts are compared by whoever searches: by what they say, however it is written. Docs: `docs/listing.md`.

Python alone folds, and databases compare bytes of what it made: each of them would fold in a way of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

from django.db.models import F, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

# Unicode's Default_Ignorable_Code_Point, which its toNFKC_Casefold leaves out: soft hyphens, joiners, variation
# selectors, marks of direction, and what is reserved for more of them.
IGNORABLE = (
    *("\u00ad", "\u034f", "\u061c", "\u115f-\u1160", "\u17b4-\u17b5", "\u180b-\u180f", "\u200b-\u200f"),
    *("\u202a-\u202e", "\u2060-\u206f", "\u3164", "\ufe00-\ufe0f", "\ufeff", "\uffa0", "\ufff0-\ufff8"),
    *("\U0001bca0-\U0001bca3", "\U0001d173-\U0001d17a", "\U000e0000-\U000e0fff"),
)
IGNORED = re.compile(f"[{''.join(IGNORABLE)}]")


def fold(text: str) -> str:
    """Unicode's toNFKC_Casefold, with every run of white space as one blank: the same for all ways to write a text.

    Steps are repeated until nothing changes, so that folding twice is folding once.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded, before = normalize("NFD", text), ""
    while folded != before:
        before, folded = folded, normalize("NFKC", IGNORED.sub("", folded).casefold())
    return " ".join(folded.split())


def contains(column: str, folded: str) -> GreaterThan:
    """Whether a column of folded text has this folded text anywhere in it."""
    return GreaterThan(StrIndex(F(column), Value(folded)), 0)


def same(wanted: str, known: Iterable[str]) -> list[str]:
    """Those of some names that are this one, however it is written."""
    folded = fold(wanted)
    return [name for name in known if fold(name) == folded]
