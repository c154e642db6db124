"""Searches as people type, paste and autocorrect them: which tasks each finds, and that all parts of the page agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unicodedata import normalize
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.http import QueryDict

from dashboard.database import proposals
from dashboard.database.folding import fold
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import walking
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory
from tests.register.one_set import agreed, listed, naive

pytestmark = pytest.mark.django_db

PROMPTS = {
    "fox": "A red fox in deep snow",
    "foxes": "foxes, owls and a red barn",
    "owl": "An OWL at night, --seed 42",
    "wren": "wren – on a branch, snow-white",
    "either": "fox OR owl",
    "bold": "𝐟𝐨𝐱 in bold",
    "wide": "ＲＥＤ\u3000ＦＯＸ in full width",
    "unbroken": "red\u00a0fox that does not break",
    "narrow": "red\u202ffox, thinly",
    "lines": "red\r\n\tfox over lines",
    "straight": 'a sign that says "open late"',
    "curly": "a sign that says “open late”",
    "pointed": "une enseigne «ouvert tard»",
    "percent": "100% wool_scarf C:\\path\\*",
    "plain": "100 wool scarf C path",
    "soft": "a light\u00adhouse",
    "zero width": "a light\u200bhouse keeper",
    "thumb": "thumbs 👍🏽 up",
    "thumbless": "thumbs 👍 up",
    "family": "family 👨\u200d👩\u200d👧 at home",
    "heart": "a ❤\ufe0f of gold",
    "old heart": "a ❤ of stone",
    "flag": "a flag 🇨🇳",
    "Hangul": "서울의 밤",
    "jamo": normalize("NFD", "서울의 밤"),
    "Arabic": "قطة سوداء",
    "presentation": "\ufed7\ufec4\ufe94 بيضاء",
    "Thai": "แม่น้ำ",
    "Thai in parts": "แม่น้\u0e4d\u0e32",
    "Hindi": "क\u093cिला",
    "Hindi composed": "\u0958िला",
    "Hebrew": "ש\u05c1לום",
    "Hebrew composed": "\ufb2aלום",
    "Straße": "Lange Straße",
    "STRASSE": "LANGE STRASSE",
    "STRAẞE": "LANGE STRAẞE",
    "Istanbul": "ISTANBUL skyline",
    "İstanbul": "İSTANBUL skyline",
    "ıstanbul": "ıstanbul skyline",
    "sigma": "ΣΊΣΥΦΟΣ",
    "final sigma": "Σίσυφος",
    "ligature": "ﬁnal ﬂight",
    "no ligature": "FINAL FLIGHT",
    "Roman": "legion Ⅷ",
    "in letters": "legion viii",
    "squared": "a room of 12 m²",
    "not squared": "a room of 12 m2",
    "half kana": "ｶﾞﾗｽの靴",
    "kana": "ガラスの靴",
    "radical": "⼭の絵",
    "mountain": "山の絵",
    "compatible": "\uf900",
    "unified": "\u8c48",
    "marks": "a\u0302\u0323 tone",
    "marks turned": "a\u0323\u0302 tone",
    "one mark": "ậ tone",
    "ohm": "5 kΩ",
    "omega": "5 kΩ".replace("\u2126", "\u03a9"),
    "mixed": "红狐狸 RED fox, 雪",
    "nothing": "",
}
FOXES = {"fox", "foxes", "either", "bold", "wide", "unbroken", "narrow", "lines", "mixed"}
RED_FOX = {"fox", "wide", "unbroken", "narrow", "lines", "mixed"}
STREETS = {"Straße", "STRASSE", "STRAẞE"}
ALL = set(PROMPTS)

SEARCHES: dict[str, tuple[str, set[str]]] = {
    "a word": ("fox", FOXES),
    "in capitals": ("FOX", FOXES),
    "in full width": ("ｆｏｘ", FOXES),
    "in bold": ("𝒇𝒐𝒙", FOXES),
    "with a soft hyphen": ("f\u00adox", FOXES),
    "with a zero-width blank, as Slack sends it": ("\u200bfox\u2060", FOXES),
    "with a mark of direction": ("\u200efox\u200f", FOXES),
    "with a byte order mark": ("\ufefffox", FOXES),
    "two words in any order": ("fox red", RED_FOX | {"foxes"}),
    "two words, an ideographic blank between": ("fox\u3000red", RED_FOX | {"foxes"}),
    "two words, a no-break space between": ("fox\u00a0red", RED_FOX | {"foxes"}),
    "two words on two lines": ("fox\r\nred", RED_FOX | {"foxes"}),
    "a phrase": ('"red fox"', RED_FOX),
    "a phrase in curly quotes, as macOS makes them": ("“red fox”", RED_FOX),
    "a phrase in German quotes": ("„red fox“", RED_FOX),
    "a phrase in guillemets": ("«red fox»", RED_FOX),
    "a phrase in full-width quotes": ("＂red fox＂", RED_FOX),
    "a phrase with one quote corrected": ('"red fox”', RED_FOX),
    "a phrase of full-width letters": ('"ＲＥＤ　ＦＯＸ"', RED_FOX),
    "an unwanted phrase in curly quotes": ("fox -“red fox”", FOXES - RED_FOX),
    "phrases as alternatives in curly quotes": ("“red fox” OR “red barn”", RED_FOX | {"foxes"}),
    "a phrase that has quotes around it in prompts": ("“open late”", {"straight", "curly"}),
    "a quote within, to the letter": ('says "open', {"straight"}),
    "a curly quote that opens nothing": ("“open", {"curly"}),
    "a straight quote that is not closed": ('"open late', {"straight"}),
    "two quotes alone": ('""', set()),
    "an apostrophe is no quote": ("'red fox'", set()),
    "alternatives": ("wren OR barn", {"wren", "foxes"}),
    "alternatives in full width": ("wren ＯＲ barn", {"wren", "foxes"}),
    "or in small letters is a word": ("fox or owl", {"either"}),
    "OR alone is a word": ("OR", {p for p in ALL if "or" in PROMPTS[p].lower()}),
    "OR at the end is a word": ("fox OR", {"either"}),
    "AND is a word": ("fox AND owl", {"foxes"}),
    "a bar is a text": ("fox | owl", set()),
    "unwanted": ("fox -red", {"either", "bold"}),
    "unwanted, with Word's dash": ("fox –red", {"either", "bold"}),
    "unwanted, with a minus": ("fox −red", {"either", "bold"}),
    "unwanted, with a full-width minus": ("fox －red", {"either", "bold"}),
    "unwanted, with a small minus": ("fox ﹣red", {"either", "bold"}),
    "unwanted alternatives": ("fox -red OR barn", FOXES - RED_FOX),
    "only unwanted": ("-e -o -a -的", {p for p in ALL if not {"e", "o", "a"} & set(fold(PROMPTS[p]))}),
    "a dash alone is a text": ("–", {"wren"}),
    "two dashes are a text": ("--seed", {"owl"}),
    "a word with a hyphen": ("snow-white", {"wren"}),
    "per cent": ("100%", {"percent"}),
    "per cent as a pattern": ("1%0", set()),
    "an underscore": ("wool_scarf", {"percent"}),
    "a backslash": ("\\path\\", {"percent"}),
    "an asterisk": ("fo*", set()),
    "a question mark": ("fo?", set()),
    "a name and a colon": ("id:abcd", set()),
    "a word that a comma follows": ("foxes, owls", {"foxes"}),
    "a soft hyphen": ("lighthouse", {"soft", "zero width"}),
    "an emoji": ("👍", {"thumb", "thumbless"}),
    "an emoji with a tone of skin": ("👍🏽", {"thumb"}),
    "one of a family": ("👩", {"family"}),
    "a family": ("👨\u200d👩\u200d👧", {"family"}),
    "a family without joiners": ("👨👩👧", {"family"}),
    "a heart": ("❤", {"heart", "old heart"}),
    "a heart as a picture": ("❤\ufe0f", {"heart", "old heart"}),
    "a flag": ("🇨🇳", {"flag"}),
    "Hangul": ("서울", {"Hangul", "jamo"}),
    "jamo": (normalize("NFD", "서울"), {"Hangul", "jamo"}),
    "one syllable": ("밤", {"Hangul", "jamo"}),
    "Arabic": ("قطة", {"Arabic", "presentation"}),
    "Arabic presentation forms": ("\ufed7\ufec4\ufe94", {"Arabic", "presentation"}),
    "Thai": ("น้ำ", {"Thai", "Thai in parts"}),
    "Hindi": ("\u0958ि", {"Hindi", "Hindi composed"}),
    "Hebrew": ("ש\u05c1ל", {"Hebrew", "Hebrew composed"}),
    "ß": ("straße", STREETS),
    "ẞ": ("STRAẞE", STREETS),
    "ss": ("strasse", STREETS),
    "a Turkish capital": ("İstanbul", {"İstanbul"}),
    "a dotless i stays one": ("ıstanbul", {"ıstanbul"}),
    "i": ("istanbul", {"Istanbul"}),
    "sigma": ("σίσυφοσ", {"sigma", "final sigma"}),
    "a final sigma": ("ΣΊΣΥΦΟς", {"sigma", "final sigma"}),
    "letters of a ligature": ("final flight", {"ligature", "no ligature"}),
    "a ligature": ("ﬁnal", {"ligature", "no ligature"}),
    "a Roman numeral": ("ⅷ", {"Roman", "in letters"}),
    "a raised number": ("m²", {"squared", "not squared"}),
    "a number": ("12 m2", {"squared", "not squared"}),
    "half-width kana": ("ｶﾞﾗｽ", {"half kana", "kana"}),
    "kana": ("ガラス", {"half kana", "kana"}),
    "a radical": ("⼭", {"radical", "mountain"}),
    "an ideograph": ("山の", {"radical", "mountain"}),
    "a compatible ideograph": ("\uf900", {"compatible", "unified"}),
    "marks in another order": ("a\u0323\u0302", {"marks", "marks turned", "one mark"}),
    "an ohm": ("kΩ", {"ohm", "omega"}),
    "an omega": ("5 kω", {"ohm", "omega"}),
    "Chinese": ("红狐狸", {"mixed"}),
    "Chinese beside Latin": ("狐 fox", {"mixed"}),
    "a phrase in Chinese": ("“红狐狸 red”", {"mixed"}),
    "one character": ("雪", {"mixed"}),
    "one letter": ("x", FOXES),
    "a letter of one prompt": ("ậ", {"marks", "marks turned", "one mark"}),
}


def asked(q: str) -> Filter:
    return Filter.from_query(QueryDict(urlencode({"q": q})))


@pytest.fixture(scope="module")
def register(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """All prompts, written once for all searches."""
    with django_db_blocker.unblock(), transaction.atomic():
        TrackedTask.objects.bulk_create(
            TrackedTaskFactory.build(task_id=f"t {name}", kind=("image", "video")[place % 2], prompt=prompt)
            for place, (name, prompt) in enumerate(PROMPTS.items())
        )
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(("q", "wanted"), SEARCHES.values(), ids=SEARCHES)
def test_it_finds_what_was_meant_and_all_agree(register: None, q: str, wanted: set[str], monkeypatch, settings) -> None:
    settings.TASKS_PER_PAGE = 4
    monkeypatch.setattr(walking, "SMALL", 0)
    filter = asked(q)
    found = agreed(filter)
    assert {task.task_id.removeprefix("t ") for task in TrackedTask.objects.filter(pk__in=found)} == wanted
    assert found == naive(filter)
    # The pages once more, from stretches alone.
    monkeypatch.setattr(proposals, "FEW", 0)
    monkeypatch.setattr(walking, "LOOKED_AT", 1)
    assert listed(filter) == found


TWO = {"ab_0001", "ab_0002"}
IDS: dict[str, tuple[str, set[str]]] = {
    "one": ("ab_0001", {"ab_0001"}),
    "one that is gone": ("ab_gone", {"ab_gone"}),
    "commas": ("ab_0001,ab_0002", TWO),
    "a beginning": ("ab_000", TWO),
    "capitals are another id": ("AB_0001", set()),
    "full width is another id": ("ａｂ_0001", set()),
}
PASTED: dict[str, tuple[str, set[str]]] = {
    "one in quotes": ('"ab_0001"', {"ab_0001"}),
    "one in curly quotes": ("“ab_0001”", {"ab_0001"}),
    "one in backticks, from Slack": ("`ab_0001`", {"ab_0001"}),
    "one in single quotes": ("'ab_0001'", {"ab_0001"}),
    "one with a zero-width blank": ("ab_0001\u200b", {"ab_0001"}),
    "one with a mark of direction": ("\u200eab_0001\u200e", {"ab_0001"}),
    "one with a byte order mark": ("\ufeffab_0001", {"ab_0001"}),
    "one with a no-break space": ("ab_0001\u00a0", {"ab_0001"}),
    "one with a comma": ("ab_0001,", {"ab_0001"}),
    "one that is gone, in quotes": ('"ab_gone"', {"ab_gone"}),
    "a column of a sheet": ("ab_0001\r\nab_0002\r\n", TWO),
    "a row of a sheet": ("ab_0001\tab_0002", TWO),
    "commas and blanks": ("ab_0001, ab_0002", TWO),
    "semicolons": ("ab_0001;ab_0002;", TWO),
    "Chinese commas": ("ab_0001，ab_0002", TWO),
    "Chinese list commas": ("ab_0001、ab_0002", TWO),
    "Chinese semicolons": ("ab_0001；ab_0002", TWO),
    "a list of JSON": ('["ab_0001","ab_0002"]', TWO),
    "a list of JSON over lines": ('[\n  "ab_0001",\n  "ab_0002"\n]', TWO),
    "a list of Python": ("['ab_0001', 'ab_0002']", TWO),
    "values of SQL": ("('ab_0001'),('ab_0002');", TWO),
    "an IN of SQL": ("('ab_0001', 'ab_0002')", TWO),
    "in curly quotes": ("“ab_0001”, “ab_0002”", TWO),
    "one twice": ("ab_0001 ab_0001", {"ab_0001"}),
    "one of three unknown": ("ab_0001 ab_0002 ab_9999", TWO),
    "an id that begins with a dash": ("-Nq8first", {"-Nq8first"}),
    "an id that begins with =": ("=eqfirst", {"=eqfirst"}),
    "a beginning with a zero-width blank": ("ab_000\u200b", TWO),
}


@pytest.mark.parametrize(("q", "wanted"), IDS.values(), ids=IDS)
def test_tasks_are_found_by_their_ids_alone(q: str, wanted: set[str]) -> None:
    found_by_ids(q, wanted)


@pytest.mark.once
@pytest.mark.parametrize(("q", "wanted"), PASTED.values(), ids=PASTED)
def test_pasted_ids_are_found_whatever_stands_around_them(q: str, wanted: set[str]) -> None:
    found_by_ids(q, wanted)


def found_by_ids(q: str, wanted: set[str]) -> None:
    for task_id in ("ab_0001", "ab_0002", "ab_1234", "-Nq8first", "=eqfirst"):
        TrackedTaskFactory(task_id=task_id, prompt="x")
    TrackedTaskFactory(task_id="ab_gone", prompt="x", deleted=True)
    filter = asked(q)
    assert {task.task_id for task in filter.queryset()} == wanted
    if "ab_gone" not in wanted:
        assert {TrackedTask.objects.get(pk=pk).task_id for pk in agreed(filter)} == wanted


REFUSED = {
    "a zero-width blank": "\u200b",
    "a soft hyphen": "\u00ad",
    "an unwanted nothing": "-\u200b",
    "quotes around a blank": '" "',
    "quotes around nothing": '"\u200b"',
    "curly quotes around nothing": "“\u200b”",
    "a byte order mark": "\ufeff",
    "a filler of Hangul": "\u3164",
    "a blank of Braille": "\u2800",
    "two blanks of Braille, one unwanted": "\u2800 -\u2800",
    "a null notehead": "\U0001d159",
    "tags": "\U000e0041\U000e007f",
    "a variation selector": "\ufe0f",
    "a joiner of graphemes": "\u034f",
}


@pytest.mark.once
@pytest.mark.parametrize("q", REFUSED.values(), ids=REFUSED)
def test_what_nobody_sees_is_refused(q: str) -> None:
    with pytest.raises(BadFilter, match="what stands there is invisible"):
        asked(q)


def test_a_null_and_too_long_a_text_are_refused_in_words() -> None:
    with pytest.raises(BadFilter, match="Search: use at most 1000 characters"):
        asked("x" * 1001)
    with pytest.raises(BadFilter, match="Search: "):
        asked("fox\0")
