"""One way to compare texts: held against all of Unicode that Python knows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.database.folding import fold

FORMS = ("NFC", "NFD", "NFKC", "NFKD")
SURROGATES = range(0xD800, 0xE000)


def characters() -> Iterator[str]:
    return (chr(code) for code in range(sys.maxunicode + 1) if code not in SURROGATES)


def test_case_and_form_make_no_difference_to_any_character() -> None:
    for character in characters():
        folded = fold(character)
        # Full case folding keeps the Turkish dotless i apart, and it alone is not the small letter of its capital.
        cases = {character.lower(), character.casefold()} | ({character.upper(), character.title()} - {"I"})
        ways = cases | {normalize(form, character) for form in FORMS}
        assert {fold(way) for way in ways} == {folded}, (hex(ord(character)), ways)
        assert fold(folded) == folded, hex(ord(character))


@given(st.text())
def test_folding_twice_is_folding_once_and_forms_are_alike(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert {fold(normalize(form, text)) for form in FORMS} == {folded}
    assert fold(text.casefold()) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("50µm", "50ΜM"),
        ("cafe\u0301", "CAFÉ"),
        ("ハ\u3099ス停", "バス停"),
        ("ﾊﾞｽ停", "バス停"),
        ("Äußerst", "ÄUSSERST"),
        ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
        ("ﬁlm", "FILM"),
        ("ＡＢＣ１２", "abc12"),
        ("K", "k"),
        ("3 Å", "3 Å"),
        ("ſ", "S"),
        ("co\u00adoperate", "cooperate"),
        ("❤\ufe0f", "❤"),
        ("red\u00a0fox", "red fox"),
        ("red\r\n\tfox", "red fox"),
        ("각", "\u1100\u1161\u11a8"),
        ("Ꭰ", "ꭰ"),
        ("…", "..."),
    ],
)
def test_ways_to_write_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("é", "e"), ("ı", "i"), ("は", "ば"), ("a b", "ab"), ("狐", "狸")])
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize("text", ["", " \n\u3000", "\u200b\u2060\ufeff", "\u00ad \U000e0041"])
def test_what_nobody_sees_folds_to_nothing(text: str) -> None:
    assert fold(text) == ""
