"""The text of a cell: how it is cleaned, when it is rejected, and how a sentence quotes it."""

from __future__ import annotations

import re
import reprlib
import unicodedata

from dashboard.pages.foreign import UNSEEN, plain

HALF = re.compile("[\ud800-\udfff]")


class Rejected(Exception):
    """The text is a sentence for people."""


def text_of(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Rejected(f"The {name} is {quoted(value)}, which is not text.")
    if "\0" in value:
        raise Rejected(f"The {name} holds a NUL byte.")
    if not value.isascii() and HALF.search(value):
        raise Rejected(f"The {name} holds half a character, which no text can.")
    return value.strip(" \t\r\n")


def word_of(name: str, value: object) -> str:
    """A short text without invisible characters around it, which texts copied from a page have."""
    word = text_of(name, value)
    return word if word.isascii() else trimmed(word)


def trimmed(word: str) -> str:
    begin, end = 0, len(word)
    while begin < end and _is_unseen(word[begin]):
        begin += 1
    while begin < end and _is_unseen(word[end - 1]):
        end -= 1
    return word[begin:end]


def _is_unseen(character: str) -> bool:
    # A control character does not come from copying, so it stays.
    return character.isspace() or (not character.isascii() and UNSEEN.match(character) is not None)


def has_invisible(word: str) -> bool:
    if word.isascii() and word.isprintable():
        return " " in word
    return any(_invisible(character) for character in word)


def _invisible(character: str) -> bool:
    # Format characters too: people can't see a zero-width space in an id.
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}


def shown(words: str, limit: int = 40) -> str:
    """Foreign words, made safe for a sentence, a database and a terminal."""
    excerpt = "".join("�" if _invisible(character) and character != " " else character for character in words[:limit])
    return plain(f"{excerpt}…" if len(words) > limit else excerpt)


def quoted(value: object) -> str:
    # Not `repr` for lists and dicts, because they may be nested too deeply for it.
    in_words = str if isinstance(value, str) else reprlib.repr if isinstance(value, dict | list) else repr
    return f"“{shown(in_words(value))}”"
