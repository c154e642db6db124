"""Text that others wrote, as pages show it: it turns nothing outside itself, and what can't be seen in it is marked.

Whatever is not ours is foreign: prompts, ids, names, reasons, what TensorsLab said. Exports carry it as it is.
"""

from __future__ import annotations

import re
from html import escape

from django.utils.safestring import SafeString

_SCRIPTS = "\u0600-\u08ff\u0900-\u0dff\u0e80-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
"""Of letters that a joiner, or its contrary, shapes: there it is part of the word."""
_PICTURES = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\U00013430-\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\ud800-\udfff"
)
"""Unicode's default ignorable characters, controls, line separators, halves of characters and what is none, and the
blanks of Braille, Khitan, hieroglyphs and music."""
UNSEEN = re.compile(f"[{_UNSEEN}]")
# Pages call what follows for each cell: it is decided first, by one look, whether there is anything to do.
MARKED = re.compile(
    f"(?<=[{_SCRIPTS}])[\u200c\u200d](?=[{_SCRIPTS}])"
    f"|(?<=[{_PICTURES}\ufe0f])\u200d(?=[{_PICTURES}])"
    f"|(?<=[{_PICTURES}0-9#*\xa9\xae])[\ufe0e\ufe0f]"
    f"|(?<=[{_IDEOGRAPHS}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    f"|(([{_UNSEEN}])\\2*)"
)
"""What has its place where it stands, and only then what is marked: a run of one character by one mark."""
_TURNING = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
"""Letters and numbers that are read from right to left."""
TURNS = re.compile(f"[{_TURNING}]")
SPECIAL = re.compile(f"[{_UNSEEN}{_TURNING}]")
FIRST_STRONG, POP = "\u2068", "\u2069"


def shown(text: object) -> SafeString:
    """In a box of its own."""
    return SafeString(f"<bdi>{html(str(text))}</bdi>")  # nosec B703 # escaped where it is put together


def html(text: str) -> str:
    """Escaped and marked, for a box that is there already."""
    escaped = escape(text)
    if (text.isascii() and text.isprintable()) or not UNSEEN.search(text):
        return escaped
    return MARKED.sub(_badge, escaped)


def plain(text: object) -> str:
    """For attributes, titles and sentences. It is isolated by characters, but only where it would turn what follows."""
    words = str(text)
    if (words.isascii() and words.isprintable()) or not SPECIAL.search(words):
        return words
    words = MARKED.sub(_mark, words)
    return f"{FIRST_STRONG}{words}{POP}" if TURNS.search(words) else words


def quoted(text: str, limit: int = 60) -> str:
    """For sentences: its beginning, in quotes."""
    return f"“{plain(text[:limit])}”"


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in it."""
    return not UNSEEN.sub("", text).strip()


def _badge(found: re.Match[str]) -> str:
    return f"<mark>{_mark(found)}</mark>" if found[1] else found[0]


def _mark(found: re.Match[str]) -> str:
    if not found[1]:
        return found[0]
    times = f" ×{len(found[1])}" if len(found[1]) > 1 else ""
    return f"⟨U+{ord(found[2]):04X}{times}⟩"
