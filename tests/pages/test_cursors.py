from __future__ import annotations

import pytest

from dashboard.pages.cursors import Cursor, Damaged, cut, parsed


@pytest.mark.parametrize("text", ["older-1", "newer-17", f"older-{10**18 - 1}"])
def test_a_cursor_reads_back_as_itself(text: str) -> None:
    assert str(Cursor.from_text(text)) == text


def test_no_cursor_is_the_first_page() -> None:
    assert Cursor.from_text("") is None


@pytest.mark.parametrize(
    "text", ["17", "older", "older-0", "older-07", "later-1", "older-١", "older-1 ", f"older-{10**18}"]
)
def test_a_text_that_names_no_page_is_damaged(text: str) -> None:
    with pytest.raises(Damaged):
        Cursor.from_text(text)


def test_each_list_has_words_of_its_own() -> None:
    assert parsed("already_gone-3", ["already_gone"]) == ("already_gone", 3)
    with pytest.raises(Damaged):
        parsed("older-3", ["already_gone"])


@pytest.mark.parametrize(
    ("found", "onward", "behind", "page"),
    [
        ([5, 4, 3], True, False, ([5, 4], False, True)),
        ([5, 4], True, True, ([5, 4], True, False)),
        ([6, 7, 8], False, True, ([7, 6], True, True)),
        ([6, 7], False, False, ([7, 6], False, False)),
        ([], True, True, ([], True, False)),
    ],
)
def test_a_page_is_in_the_lists_order_whatever_the_direction(found, onward, behind, page) -> None:
    assert cut(found, size=2, onward=onward, behind=behind) == page
