"""Shows text that others wrote: it can't reorder text around it, and its invisible characters are marked.

Foreign are prompts, ids, names, reasons and TensorsLab's messages. Exports don't change them.
"""

from __future__ import annotations

import re
from html import escape

from django.utils.safestring import SafeString

_SCRIPTS = "\u0600-\u08ff\u0900-\u0dff\u0e80-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
"""Scripts in which joiners and non-joiners shape letters: there they are part of the word."""
_PICTURES = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\U00013430-\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\ud800-\udfff"
)
"""Unicode's default ignorable characters, controls, line separators, surrogates, non-characters, and the blanks of
Braille, Khitan, hieroglyphs and music."""
UNSEEN = re.compile(f"[{_UNSEEN}]")
# Pages call the functions below for each cell, so one quick search decides first whether there is anything to do.
MARKED = re.compile(
    f"(?<=[{_SCRIPTS}])[\u200c\u200d](?=[{_SCRIPTS}])"
    f"|(?<=[{_PICTURES}\ufe0f])\u200d(?=[{_PICTURES}])"
    f"|(?<=[{_PICTURES}0-9#*\xa9\xae])[\ufe0e\ufe0f]"
    f"|(?<=[{_IDEOGRAPHS}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    f"|(([{_UNSEEN}])\\2*)"
)
"""First invisible characters in their proper places, which stay; then a run of one character, which is marked once."""
_TURNING = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
"""Letters and numbers that are read from right to left."""
TURNS = re.compile(f"[{_TURNING}]")
SPECIAL = re.compile(f"[{_UNSEEN}{_TURNING}]")
FIRST_STRONG, POP = "\u2068", "\u2069"


def shown(text: object) -> SafeString:
    """Text for a page, in a `<bdi>` element."""
    return SafeString(f"<bdi>{html(str(text))}</bdi>")  # nosec B703 # escaped where it is put together


def html(text: str) -> str:
    """Escaped and marked text, for an element that isolates it already."""
    escaped = escape(text)
    if (text.isascii() and text.isprintable()) or not UNSEEN.search(text):
        return escaped
    return MARKED.sub(_badge, escaped)


def plain(text: object) -> str:
    """Text for attributes, titles and sentences. If it has right-to-left letters, control characters isolate it."""
    words = str(text)
    if (words.isascii() and words.isprintable()) or not SPECIAL.search(words):
        return words
    words = MARKED.sub(_mark, words)
    return f"{FIRST_STRONG}{words}{POP}" if TURNS.search(words) else words


def quoted(text: str, limit: int = 60) -> str:
    """The beginning of a text in quotes, for sentences."""
    return f"“{plain(text[:limit])}”"


def is_blank(text: str) -> bool:
    """Whether it has no visible character."""
    return not UNSEEN.sub("", text).strip()


def _badge(found: re.Match[str]) -> str:
    return f"<mark>{_mark(found)}</mark>" if found[1] else found[0]


def _mark(found: re.Match[str]) -> str:
    if not found[1]:
        return found[0]
    times = f" ×{len(found[1])}" if len(found[1]) > 1 else ""
    return f"⟨U+{ord(found[2]):04X}{times}⟩"
