"""Numbers as people type them."""

from __future__ import annotations

import re
import unicodedata

from dashboard.pages.foreign import UNSEEN, is_blank
from dashboard.pages.foreign import plain as readable

GROUPED = re.compile(r"[0-9]+|[0-9]{1,3}([,.'’_ \u066c\u060c])[0-9]{2,3}(\1[0-9]{2,3})*(?<=[0-9]{3})", re.ASCII)
"""One kind of mark between the groups, the last of which has three digits; Indian groups have two."""


def whole(text: str) -> str:
    """The ASCII digits of a whole number in any script, with or without marks between its thousands; else empty."""
    plain = "".join(_plain(character) for character in UNSEEN.sub("", text).strip())
    return re.sub(r"[^0-9]", "", plain) if GROUPED.fullmatch(plain) else ""


def not_typed(text: str, *, number: int) -> str:
    """Why this does not confirm that number; empty if it does."""
    if whole(text) == str(number):
        return ""
    said = "You typed nothing." if is_blank(text) else f"You typed {readable(text.strip()[:40])}."
    return f"Type {number} to confirm. {said}"


def _plain(character: str) -> str:
    if (value := unicodedata.decimal(character, None)) is not None:
        return str(value)
    if character.isspace():
        return " "
    # Wide commas and stops become plain ones; a raised 2 must not become a 2.
    usual = unicodedata.normalize("NFKC", character)
    return character if usual.isdigit() else usual
