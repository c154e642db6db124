"""Lists of ids, one per line, as people paste them: with remains of a list, a program or a log around each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from dashboard.register.importing.cells.columns import names_an_id
from dashboard.register.importing.cells.entries import Columns, Entry, Problem, made
from dashboard.register.importing.cells.task_ids import PLAIN, QUOTES, unquoted
from dashboard.register.importing.cells.words import trimmed
from dashboard.register.importing.formats.csv_rows import DELIMITERS
from dashboard.register.importing.formats.lines import Lines
from dashboard.register.importing.formats.url_map import EXTENSIONS

BULLET = re.compile(r"(?:[-*+•·–—]|[0-9]{1,4}[.)])[ \t]+")
LABEL = re.compile(rf"[{re.escape(QUOTES)}]?([\w -]{{2,20}}?)[{re.escape(QUOTES)}]?\s*[:=：]\s*")
ESCAPED = re.compile(r"""(?:\\|\A=)(["'])""")
"""Quotes as in a program's strings, or as in ="00123" of a spreadsheet."""
BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
SEPARATORS = f"{DELIMITERS}，；、"
FILES = {extension for known in EXTENSIONS.values() for extension in known}
LONGEST = 1000
"""Longer lines are not examined closely."""

KIND_IS_MISSING = "The kind of {} is missing. Choose one, or begin with the line kind,task_id."
MOST_COUNTED, MOST_COUNTED_IN = 100_000, 20_000_000
"""The most ids without a kind, and characters, that are counted: a request waits for it, for perhaps no list."""


def read_ids(lines: Lines, *, kind: str) -> Iterator[Entry]:
    lines.skip()
    yield Columns(used=("task_id",))
    for number, text in lines:
        word = _listed(text)
        if not word:
            continue
        if sentence := lines.fault(number, text) or _no_id(word):
            yield Problem(number, sentence)
        else:
            yield made(kind, word, (), line=number)


def without_kind(lines: Lines) -> Problem:
    """Rejects ids without a kind as one problem, with their number."""
    first, ids, left = 0, 0, MOST_COUNTED_IN
    for number, text in lines:
        if _listed(text):
            first, ids = first or number, ids + 1
        left -= len(text)
        if ids == MOST_COUNTED or left < 0:
            break
    more = f" Only the first {ids:,} were counted." if next(lines, None) else ""
    return Problem(first or 1, KIND_IS_MISSING.format("these ids" if ids > 1 else "this id") + more, ids=ids)


def _listed(text: str) -> str:
    """The id of a line; empty if it has none."""
    word = bare(text)
    return "" if names_an_id(word) else word


def bare(text: str) -> str:
    """The id of a line, without bullet, label (`taskid: …`), quotes, brackets and a comma at the end."""
    word = text.strip()
    if PLAIN.fullmatch(word) or len(word) > LONGEST:
        return word
    word = trimmed(word)
    if bullet := BULLET.match(word):
        word = word[bullet.end() :]
    word = ESCAPED.sub(r"\1", word)
    if (label := LABEL.match(word)) and names_an_id(label[1]) and label.end() < len(word):
        word = word[label.end() :]
    before = ""
    while word != before:
        before = word
        word = unquoted(_unbracketed(trimmed(word.rstrip(",;，；、"))))
    return word


def _unbracketed(word: str) -> str:
    """Removes brackets, including one that another line closes."""
    for opens, closes in BRACKETS.items():
        more = word.count(opens) - word.count(closes)
        if word.startswith(opens) and (more > 0 or (more == 0 and word.endswith(closes))):
            word = word[1:-1] if more == 0 else word[1:]
        elif word.endswith(closes) and more < 0:
            word = word[:-1]
    return word


def _no_id(word: str) -> str:
    if any(delimiter in word for delimiter in SEPARATORS):
        return "The line holds more than an id. Put one id on each line."
    if "://" in word or word.startswith("www."):
        return "The line is an address, not a task id."
    if "." in word and PurePath(word).suffix.lower() in FILES:
        return "The line is the name of a file, not a task id."
    if "<" in word and ">" in word:
        return "The line is markup, not a task id."
    return ""
