"""Texts that would turn a page around: all of Unicode that does, and texts that people were fooled by."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator

import pytest

from dashboard.pages.foreign import FIRST_STRONG, POP, TURNS, UNSEEN, html, plain, shown

RIGHT_TO_LEFT = {"R", "AL", "AN"}
CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
SURROGATES = range(0xD800, 0xE000)


def characters() -> Iterator[str]:
    return (chr(code) for code in range(sys.maxunicode + 1) if code not in SURROGATES)


def test_every_letter_that_is_read_from_right_to_left_is_isolated() -> None:
    for character in characters():
        if unicodedata.bidirectional(character) in RIGHT_TO_LEFT and not UNSEEN.match(character):
            assert TURNS.match(character), hex(ord(character))


def test_every_control_of_direction_is_shown_as_a_mark() -> None:
    turning = [one for one in characters() if unicodedata.bidirectional(one) in CONTROLS]
    assert len(turning) == len(CONTROLS)
    for character in [*turning, "\u200e", "\u200f", "\u061c"]:
        assert f"⟨U+{ord(character):04X}⟩" in html(f"a{character}b")


TEXTS = {
    "an override that is never closed": "tidy up \u202e3 :sksat ,nimda yb deksa",
    "a file that hides its ending": "photo_\u202egnp.exe",
    "an embedding that is never closed": "\u202babc",
    "an isolate that is never closed": "\u2067abc",
    "a pop that closes ours": "abc\u2069\u2069 of admin",
    "pops and isolates turned around": "\u2069\u2067\u202c\u202e",
    "Hebrew before a number": "שלום 3",
    "Hebrew before brackets": "שלום (3) [x]",
    "Arabic with its own digits": "حذف ١٢٣ مهمة",
    "Arabic between Latin": "asked by حسن, tasks: 3",
    "Persian with its joiners": "سلام\u200cها",
    "N'Ko": "ߒߞߏ 1-2",
    "Adlam": "𞤀𞤣𞤤𞤢𞤥 1",
    "Thaana": "ދިވެހި 12",
    "a mark of Arabic alone": "\u061c3 - 5",
    "markup that closes our box": "</bdi></td>\u202e<b>",
    "an entity as text": "&rlm;&#8238;",
    "many overrides": "\u202e" * 300 + "x",
    "a line separator": "one\u2028\u202etwo",
    "a NUL and an override": "a\x00\u202eb",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_nothing_of_it_leaves_its_box(text: str) -> None:
    in_a_box = shown(text)
    assert in_a_box.startswith("<bdi>")
    assert in_a_box.endswith("</bdi>")
    within = in_a_box[len("<bdi>") : -len("</bdi>")]
    # What is left unseen has its place in its script.
    assert set(UNSEEN.findall(within)) <= {"\u200c"}
    assert re.findall(r"<[^>]*>", within) == re.findall(r"</?mark>", within)
    words = plain(text)
    isolated = words.startswith(FIRST_STRONG)
    assert isolated == bool(TURNS.search(UNSEEN.sub("", text)))
    assert (words.count(FIRST_STRONG), words.count(POP)) == (isolated, isolated)
    assert set(UNSEEN.findall(words.strip(FIRST_STRONG + POP))) <= {"\u200c"}
