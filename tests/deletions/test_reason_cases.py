"""Reasons, names and ids in the history: found however they are written, on both databases alike."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from django.urls import reverse

from tests.conftest import Person
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db

ALIKE = {
    "Cyrillic": ("Очистка ёлок", "ОЧИСТКА ЁЛОК"),
    "Cyrillic in parts": ("Очистка ёлок", normalize("NFD", "ёлок")),
    "Greek, its final sigma": ("Καθαρισμός", "ΚΑΘΑΡΙΣΜΌΣ"),
    "German, its ß": ("Große Straße", "GROSSE STRASSE"),
    "German, its capital ß": ("GROẞE", "große"),
    "Turkish capitals": ("İstanbul", "i\u0307stanbul"),
    "Vietnamese, marks in another order": ("dọn dẹp ậ", "a\u0302\u0323"),
    "Armenian, a ligature": ("եւ", "և"),
    "Georgian capitals": ("თბილისი", "ᲗᲑᲘᲚᲘᲡᲘ"),
    "Cherokee": ("ꭰꮎ", "ᎠᎾ"),
    "Hangul in parts": ("정리", normalize("NFD", "정리")),
    "half-width kana": ("ﾃﾞｰﾀ整理", "データ整理"),
    "full width": ("ＱＡ　２０２６", "qa 2026"),
    "a ligature": ("ﬁnal", "FINAL"),
    "a long s": ("ſpring", "Spring"),
    "a Roman numeral": ("Phase Ⅳ", "phase iv"),
    "a raised number": ("m²", "M2"),
    "a trade mark": ("Seedream™", "seedreamtm"),
    "an ellipsis": ("old…", "OLD..."),
    "Arabic presentation forms": ("\ufe97\ufee8\ufec8\ufef4\ufed2", "تنظيف"),
    "Devanagari, a nukta": ("\u0958िला", "क\u093cिला"),
    "Thai, am": ("น้ำ", normalize("NFKD", "น้ำ")),
    "a soft hyphen": ("clean\u00adup", "cleanup"),
    "a zero-width blank": ("clean\u200bup", "CLEANUP"),
    "a no-break space": ("spring\u00a0cleaning", "spring cleaning"),
    "a line break": ("spring\r\ncleaning", "spring cleaning"),
    "blanks twice": ("spring  cleaning", "Spring Cleaning"),
    "an emoji's selector": ("❤\ufe0f", "❤"),
    "a radical": ("⼭", "山"),
    "per cent": ("100% sure", "100%"),
    "an underscore": ("old_ones", "D_O"),
    "a backslash": ("C:\\old", "c:\\O"),
    "a quote": ('the "old" ones', '"OLD"'),
}


def found(operator: Person, **query: str) -> str:
    return operator.get(reverse("deletion-list"), query).content.decode()


@pytest.mark.parametrize(("reason", "words"), ALIKE.values(), ids=ALIKE)
def test_a_reason_is_found_however_it_is_written(operator: Person, reason: str, words: str) -> None:
    DeletionFactory(reason=reason, actor_name="wanted")
    DeletionFactory(reason="something else", actor_name="other")
    page = found(operator, q=words)
    assert ("wanted" in page, "other" in page) == (True, False)


APART = {
    "an accent": ("café", "cafe"),
    "a dotless i": ("ıspanak", "ispanak"),
    "a pattern": ("100 sure", "1%0"),
    "any character": ("old-ones", "d_o"),
    "another word": ("spring", "sprung"),
    "a blank": ("clean up", "cleanup"),
    "voiced kana": ("はな", "ばな"),
}


@pytest.mark.parametrize(("reason", "words"), APART.values(), ids=APART)
def test_what_differs_is_not_found(operator: Person, reason: str, words: str) -> None:
    DeletionFactory(reason=reason, actor_name="wanted")
    assert "wanted" not in found(operator, q=words)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Zoë", "ZOE\u0308"),
        ("李伟", "李伟"),
        ("Ольга", "ОЛЬГА"),
        ("straße", "STRASSE"),
        ("ｏｌｇａ", "Olga"),
        ("ὀδός", "ὈΔΌΣ"),
    ],
)
def test_a_person_is_found_however_the_name_is_written(operator: Person, name: str, typed: str) -> None:
    DeletionFactory(reason="spring", actor_name=name)
    DeletionFactory(reason="autumn", actor_name="another")
    page = found(operator, by=typed)
    assert ("spring" in page, "autumn" in page) == (True, False)


@pytest.mark.parametrize(
    "typed",
    [
        "ab_1",
        " ab_1 ",
        '"ab_1"',
        "“ab_1”",
        "`ab_1`",
        "'ab_1'",
        "ab_1\u200b",
        "\ufeffab_1",
        "\u200eab_1",
        "<ab_1>",
        "(ab_1)",
    ],
)
def test_a_task_is_found_by_its_id_whatever_was_copied_along(operator: Person, typed: str) -> None:
    for task_id, reason in (("ab_1", "spring"), ("ab_2", "autumn")):
        DeletionItemFactory(deletion=DeletionFactory(reason=reason), tracked=TrackedTaskFactory(task_id=task_id))
    page = found(operator, task=typed)
    assert ("spring" in page, "autumn" in page) == (True, False)


@pytest.mark.parametrize("task_id", ["(ab_1)", "'quote", "-Nq8first", "AB_1"])
def test_an_id_with_marks_of_its_own_is_found_as_well(operator: Person, task_id: str) -> None:
    DeletionItemFactory(deletion=DeletionFactory(reason="spring"), tracked=TrackedTaskFactory(task_id=task_id))
    assert "spring" in found(operator, task=task_id)
    assert "spring" not in found(operator, task="ab_1")
