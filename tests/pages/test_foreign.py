from __future__ import annotations

import pytest

from dashboard.pages import foreign, numbers
from dashboard.pages.foreign import html, is_blank, plain, shown


@pytest.mark.parametrize("text", ["abcd_1", "A fox", "zimage-2.0", "红狐狸", "Äußerst", "a\nb", "50 % <b>"])
def test_ordinary_text_is_as_it_was(text: str) -> None:
    assert plain(text) == text
    assert "<mark>" not in shown(text)


def test_it_has_a_box_and_is_no_markup() -> None:
    assert shown("<b>&\"'\u202e") == "<bdi>&lt;b&gt;&amp;&quot;&#x27;<mark>⟨U+202E⟩</mark></bdi>"


@pytest.mark.parametrize(
    "character",
    [
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
        *"\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u2800\u3164\u115f\u1160\uffa0\u2028\u2029",
        *"\U0001d159\U00013441\U00013442\U00016fe4\ufdd0\uffff\U000e0001\U000e0041\ufe0f\U000e0100\u0008\u001b\u007f\u0085\u206a\ufff9\U0001d173",
    ],
)
def test_what_nobody_sees_is_marked_and_alone_it_is_blank(character: str) -> None:
    code = f"⟨U+{ord(character):04X}⟩"
    assert plain(f"ad{character}min") == f"ad{code}min"
    assert html(f"ad{character}min") == f"ad<mark>{code}</mark>min"
    assert is_blank(character)
    assert is_blank(f" {character}\u3000{character}\n")
    assert not is_blank(f"{character}x")


@pytest.mark.parametrize(
    "text",
    ["سلام\u200cها", "क\u094d\u200dष", "👨\u200d👩\u200d👧", "❤\ufe0f", "❤\ufe0f\u200d🔥", "1\ufe0f", "葛\U000e0100"],
)
def test_what_has_its_place_in_a_script_is_left_there(text: str) -> None:
    assert html(text) == text


def test_a_run_is_one_mark() -> None:
    assert plain("x" + "\u2800" * 500) == "x⟨U+2800 ×500⟩"


def test_only_what_turns_is_isolated_by_characters() -> None:
    assert plain("שלום 3") == "\u2068שלום 3\u2069"
    assert plain("سلام\u2069") == "\u2068سلام⟨U+2069⟩\u2069"
    assert plain("红\u202e") == "红⟨U+202E⟩"


@pytest.mark.parametrize("reason", ["\u200b", "\u2060 \u200b", "\u2800", "", " \t\n", "\u3164", "\U000e0020\ufeff"])
def test_nothing_visible_is_blank(reason: str) -> None:
    assert is_blank(reason)


@pytest.mark.parametrize("reason", [".", "🙂", "清", "́", "\u200ba", "👨\u200d👩"])
def test_anything_else_is_not(reason: str) -> None:
    assert not is_blank(reason)


@pytest.mark.parametrize(
    "typed",
    [
        *("12422", "12,422", " 12422 ", "12 422", "12.422", "12'422", "12’422", "12_422"),
        *("12\u00a0422", "12\u202f422", "12\u3000422", "１２４２２", "１２，４２２", "１２．４２２"),
        *("12\u2009422", "12\u2007422", "12\u205f422", "12，422", "12\u200b,422", "12422\r\n", "\u200e12422\u202c"),
        *("𝟏𝟐𝟒𝟐𝟐", "౧౨౪౨౨", "๑๒๔๒๒", "১২,৪২২", "𑁧𑁨𑁪𑁨𑁨", "12﹐422", "12．422"),
        *("١٢٤٢٢", "١٢٬٤٢٢", "۱۲۴۲۲", "१२४२२", "12422\u200b", "\u200f12422", "\ufeff12,422"),
    ],
)
def test_a_number_counts_in_any_digits_and_with_any_mark_of_thousands(typed: str) -> None:
    assert numbers.whole(typed) == "12422"


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("1,234,567", "1234567"), ("12,34,567", "1234567"), ("012", "012"), ("1.234.567", "1234567"), ("٣", "3")],
)
def test_its_digits_are_kept(typed: str, digits: str) -> None:
    assert numbers.whole(typed) == digits


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "three", "12.4", "12,42", "1,2,4,2,2", "12 422,5", "1,234.567"),
        *("12 422 tasks", "#12422", "N=12422", "12·422", "12\u201a422", "1 2 4 2 2", "①②④②②", "ⅫCDXXII", "12 , 422"),
        *("-3", "+3", "3.0", "1e3", "三", "²", "12,422,", "0x10"),
    ],
)
def test_anything_else_is_no_number(typed: str) -> None:
    assert numbers.whole(typed) == ""


def test_a_long_text_is_read_once_and_quoted_by_its_beginning() -> None:
    assert foreign.quoted("a" * 500) == f"“{'a' * 60}”"
    assert foreign.quoted("\u202eabc") == "“⟨U+202E⟩abc”"
