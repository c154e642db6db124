"""How searches compare texts: by their letters, in every way to write them. Docs: `docs/listing.md`.

Only Python folds, and databases compare the bytes of folded text: each database would fold in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

from django.db.models import F, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

# Unicode's Default_Ignorable_Code_Point, which its toNFKC_Casefold leaves out: soft hyphens, joiners, variation
# selectors, marks of direction, and code points reserved for more of them.
IGNORABLE = (
    *("\u00ad", "\u034f", "\u061c", "\u115f-\u1160", "\u17b4-\u17b5", "\u180b-\u180f", "\u200b-\u200f"),
    *("\u202a-\u202e", "\u2060-\u206f", "\u3164", "\ufe00-\ufe0f", "\ufeff", "\uffa0", "\ufff0-\ufff8"),
    *("\U0001bca0-\U0001bca3", "\U0001d173-\U0001d17a", "\U000e0000-\U000e0fff"),
)
IGNORED = re.compile(f"[{''.join(IGNORABLE)}]")


def fold(text: str) -> str:
    """Unicode's toNFKC_Casefold, with every run of white space as one blank: equal for all ways to write a text.

    Steps are repeated until nothing changes, so that a folded text stays as it is when it is folded again.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded, before = normalize("NFD", text), ""
    while folded != before:
        before, folded = folded, normalize("NFKC", IGNORED.sub("", folded).casefold())
    return " ".join(folded.split())


def contains(column: str, folded: str) -> GreaterThan:
    """Whether a column of folded text contains this folded text."""
    return GreaterThan(StrIndex(F(column), Value(folded)), 0)


def same(wanted: str, known: Iterable[str]) -> list[str]:
    """The names in `known` that fold to the same text as `wanted`."""
    folded = fold(wanted)
    return [name for name in known if fold(name) == folded]
