"""Valid task ids in all formats. Values that a spreadsheet or a program damaged are rejected."""

from __future__ import annotations

import re

from dashboard.pages.foreign import UNSEEN
from dashboard.register.importing.cells.words import Rejected, has_invisible, quoted, text_of, trimmed
from dashboard.register.models import TrackedTask

LIMIT: int = TrackedTask._meta.get_field("task_id").max_length or 255
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""The form of nearly all ids, checked first because there are millions."""
QUOTES = "\"'`´“”„‟‘’‚‛«»‹›「」『』＂＇"
"""Quotes of all languages, in any pairs, because editors mix them."""
HOLDS_QUOTES = re.compile('["`“”„‟«»＂]')
ROUNDED = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE]\+[0-9]+|[+-]?[0-9]+[.,][0-9]+[eE][0-9]+")
A_NUMBER = re.compile(r"[0-9]+\.0+|[0-9]{1,3}(,[0-9]{3})+")
COMMENTS = ("#", "//")
NONE = frozenset(["null", "(null)", "[null]", "<null>", "\\n", "nan", "none", "nil", "undefined", "n/a", "na"])
ERRORS = frozenset(["#n/a", "#name?", "#ref!", "#value!", "#null!", "#div/0!", "#num!", "#spill!", "#calc!", "#error!"])


def task_id(value: object) -> str:
    word = text_of("task id", value)
    if not PLAIN.fullmatch(word):
        word = unquoted(trimmed(word))
        if sentence := _wrong(word):
            raise Rejected(sentence)
    if word.lower() in NONE:
        raise Rejected(f"The task id is {quoted(word)}: a program wrote that where it had none.")
    if len(word) > LIMIT:
        raise Rejected(f"The task id has {len(word):,} characters. The limit is {LIMIT}.")
    return word


def unquoted(word: str) -> str:
    """The id without quotes around it."""
    while 1 < len(word) <= 2 * LIMIT and word[0] in QUOTES and word[-1] in QUOTES:
        word = word[1:-1].strip()
    return word


def _wrong(word: str) -> str:
    if not word:
        return "The task id is blank."
    if len(word) > LIMIT:
        return ""
    if ROUNDED.fullmatch(word):
        return f"The task id is {quoted(word)}: a spreadsheet has rounded it. Format its column as text."
    if A_NUMBER.fullmatch(word):
        return f"The task id is {quoted(word)}: a program took it for a number. Keep its column as text."
    if word.lower() in ERRORS:
        return f"The task id is {quoted(word)}, an error of a spreadsheet. Format its column as text."
    if word.startswith(COMMENTS):
        return f"The task id {quoted(word)} begins as a comment does."
    if has_invisible(word) or UNSEEN.search(word):
        return f"The task id {quoted(word)} holds whitespace or a control character."
    if HOLDS_QUOTES.search(word):
        return f"The task id {quoted(word)} holds a quotation mark."
    if not any(map(str.isalnum, word)) and word.lower() not in NONE:
        return f"The task id {quoted(word)} has no letter and no digit."
    return ""
