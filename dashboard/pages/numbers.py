"""Numbers as people type them."""

from __future__ import annotations

import re
import unicodedata

from dashboard.pages.foreign import UNSEEN

GROUPED = re.compile(r"[0-9]+|[0-9]{1,3}([,.'’_ \u066c\u060c])[0-9]{2,3}(\1[0-9]{2,3})*(?<=[0-9]{3})", re.ASCII)
"""With one mark between its groups, the last of which has three digits; India's others have two."""


def whole(text: str) -> str:
    """The ASCII digits of a whole number in any script's digits, with or without marks between its thousands.

    Empty for anything else.
    """
    plain = "".join(_plain(character) for character in UNSEEN.sub("", text).strip())
    return re.sub(r"[^0-9]", "", plain) if GROUPED.fullmatch(plain) else ""


def _plain(character: str) -> str:
    if (value := unicodedata.decimal(character, None)) is not None:
        return str(value)
    if character.isspace():
        return " "
    # A comma or a stop, however wide; but 2 is not the same as a raised one.
    usual = unicodedata.normalize("NFKC", character)
    return character if usual.isdigit() else usual
