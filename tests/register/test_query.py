"""How `q` is read, without a database."""

from __future__ import annotations

import pytest

from dashboard.register.search.query import ids, read


def told(q: str) -> list[list[str]]:
    return [[f"{'-' if term.unwanted else ''}{term.text}" for term in group] for group in read(q).groups]


@pytest.mark.parametrize(
    ("q", "groups"),
    [
        ("red  Fox", [["red"], ["fox"]]),
        ('"red fox" owl', [["red fox"], ["owl"]]),
        ('"red\u3000 Fox"', [["red fox"]]),
        ("fox -snow", [["fox"], ["-snow"]]),
        ('fox -"deep snow"', [["fox"], ["-deep snow"]]),
        ("fox OR owl snow", [["fox", "owl"], ["snow"]]),
        ("fox OR owl OR wren", [["fox", "owl", "wren"]]),
        ('-fox OR "an owl"', [["-fox", "an owl"]]),
        ("fox or owl", [["fox"], ["or"], ["owl"]]),
        ("OR fox", [["or"], ["fox"]]),
        ("fox OR", [["fox"], ["or"]]),
        ("fox OR OR owl", [["fox", "or"], ["owl"]]),
        ("--seed 7", [["--seed"], ["7"]]),
        ("- fox", [["-"], ["fox"]]),
        ("wide-angle", [["wide-angle"]]),
        ('5" pipe', [['5"'], ["pipe"]]),
        ('"fox', [['"fox']]),
        ('""', [['""']]),
        ("fox \u200b OR owl", [["fox", "owl"]]),
        ("\u200b", []),
        ('"\u200b" -\u200b', []),
    ],
)
def test_words_phrases_alternatives_and_what_is_unwanted(q: str, groups: list[list[str]]) -> None:
    assert told(q) == groups


@pytest.mark.parametrize(
    ("q", "prefix"), [("abcd_", "abcd_"), ("ABcd", "ABcd"), ('"abcd"', ""), ("-abcd", ""), ("abcd fox", ""), ("", "")]
)
def test_a_single_word_may_begin_an_id_to_the_letter(q: str, prefix: str) -> None:
    assert read(q).prefix == prefix


@pytest.mark.parametrize(
    ("q", "pieces"),
    [
        ("a_1", ("a_1",)),
        ("a_1 b_2", ("a_1", "b_2")),
        ("a_1,b_2;\u3000c_3", ("a_1,b_2;\u3000c_3", "a_1", "b_2", "c_3")[1:]),
        ("a_1,b_2", ("a_1,b_2", "a_1", "b_2")),
        ("fox", ("fox",)),
        ("red fox", ()),
        ("", ()),
        ("- a_1", ("a_1",)),
        ("• a_1 • b_2", ("a_1", "b_2")),
        ("| a_1 | b_2 |", ("a_1", "b_2")),
        ("1. a_1 2) b_2 3. c_3", ("a_1", "b_2", "c_3")),
        ("Task ID: a_1", ("a_1",)),
        ("task_id=a_1\ttask_id=b_2", ("a_1", "b_2")),
        ('{"task_id":"a_1"},{"task_id": "b_2"}', ("a_1", "b_2")),
        ("任务ID：a_1，任务编号: b_2", ("a_1", "b_2")),
        ("grid:1 a_2", ("grid:1", "a_2")),
        ("- fox", ()),
        ("-", ("-",)),
        ("1.", ("1.",)),
    ],
)
def test_what_may_be_ids(q: str, pieces: tuple[str, ...]) -> None:
    assert ids(q) == pieces


def test_a_prompt_fits_when_every_group_has_a_term_that_does() -> None:
    query = read('fox OR owl -snow "a b"')
    assert query.fits("an owl a b")
    assert not query.fits("an owl ab")
    assert not query.fits("an owl a b in snow")
    assert not query.fits("a wren a b")
