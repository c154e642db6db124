"""The values of a JSON file: one per line, one after another, or in a list."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from dashboard.register.importing.cells.words import shown
from dashboard.register.importing.formats.lines import LONGEST_LINE, Lines, is_decoded

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+("?)|[{}\[\]]')
"""A bracket, or a string, whose brackets don't count; the group is empty for a string that is not closed."""
BETWEEN = re.compile(r"[\s,}\]]*")
LONGEST_RECORD, MOST_LINES = 4_000_000, 100_000
"""Characters and lines of one value."""
MOST_BRACKETS = 10_000
"""The most brackets of one value: objects of millions take a hundred times the memory of their text."""
GOES_ON, BROKEN = 0, -1
CUT_OFF = "The list is never closed: the file seems to be cut off here."
TOO_LONG = f"The JSON object that begins on this line has more than {LONGEST_RECORD:,} characters."


class NotJSON(str):
    """The sentence for people in place of a value."""


class Twice(ValueError):
    """An object has a name twice, so that it is unclear which value counts."""


class Values:
    """Each value's first line with the value, or with what is wrong with it.

    A broken value costs only itself: reading goes on at a line that begins with an object and can't belong to it. Each
    character is scanned once, then parsed.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        # An earlier reading may have ended within a list.
        self._in_list = self._resumed = lines.after > 0
        self._open = bytearray()
        """The brackets that are open."""
        self._parts: list[str] = []
        self._wrong = ""
        """Why the open value is not stored; its end is still searched."""
        self._size = self._brackets = self._began = self._column = self._list_began = 0
        self._last = ""
        """The last character of the line before that is not blank."""
        self._string = ""
        """The beginning of a string that goes on in the next part of a very long line."""
        self._passed = 0
        """The rest of this line is not read."""
        self._lost = -1
        """After a broken object: the next one must begin at this column or left of it."""

    def __iter__(self) -> Iterator[tuple[int, object]]:
        number = before = 0
        for number, text in self._lines:
            if number != before:
                yield from self._at_its_beginning(number, text)
            if number != self._passed and self._lost < 0:
                yield from self._read(number, self._string + text)
            self._last = text.rstrip()[-1:] or self._last
            before = number
        if self._open:
            yield self._broken(number)
        elif self._in_list and not self._resumed:
            yield number, NotJSON(CUT_OFF)

    def _at_its_beginning(self, number: int, text: str) -> Iterator[tuple[int, object]]:
        """Handles the beginning of a line: a new object after a broken one, or, most often, an object on one line."""
        column = len(text) - len(text.lstrip())
        if text[column : column + 1] == "{" and column <= (self._column if self._open else self._lost):
            self._lost = -1
            if self._open and not self._belongs(text):
                yield self._broken(number - 1)
        if self._open or self._lost >= 0:
            return
        only = text.strip(" \t\r\n,")
        if only.startswith("{") and only.endswith("}") and is_decoded(only) and _brackets(only) <= MOST_BRACKETS:
            with suppress(ValueError, RecursionError):
                value = loads(only)
                self._passed = number
                yield number, value

    def _belongs(self, text: str) -> bool:
        """Whether an object that begins as far left as the open one can be part of it."""
        in_a_list = self._open[-1:] == b"["
        return text.strip() == "{" and (self._last == ":" or (in_a_list and self._last in {"[", ","}))

    def _read(self, number: int, text: str) -> Iterator[tuple[int, object]]:
        self._string, place = "", 0
        if not is_decoded(text):
            if not self._open:
                self._passed = number
                yield number, NotJSON(self._lines.fault(number, text))
                return
            self._wrong = self._wrong or self._lines.fault(number, text)
        while place < len(text):
            if not self._open:
                if (further := self._past_what_separates(number, text, place)) > place:
                    place = further
                    continue
                if text[place] == '"' and self._in_list:
                    string = TOKEN.match(text, place)
                    if string and string[1]:
                        yield number, _parsed(string[0], number)
                        place = string.end()
                        continue
                    if self._goes_on(text, place):
                        return
                if text[place] != "{":
                    self._passed = number
                    self._in_list = self._in_list and self._list_began != number
                    yield number, _not_json(text.strip(), number)
                    return
                self._began, self._column = number, place
            end = self._end_of(text, place)
            self._keep(text[place : end if end > 0 else len(text) - len(self._string)], number)
            if end == GOES_ON:
                return
            if end == BROKEN:
                self._lost = -1 if self._began == number else self._column
                yield self._broken(number)
                return
            yield self._began, NotJSON(self._wrong) if self._wrong else _parsed("".join(self._parts), self._began)
            self._forget()
            place = end

    def _past_what_separates(self, number: int, text: str, place: int) -> int:
        """The place after blanks, commas and the list's opening bracket; `place` itself if there are none."""
        between = BETWEEN.match(text, place)
        if between and between[0]:
            self._in_list = self._in_list and "]" not in between[0]
            return between.end()
        if text[place] == "[" and not self._in_list:
            self._in_list, self._list_began = True, number
            return place + 1
        return place

    def _end_of(self, text: str, place: int) -> int:
        """The end of the open object, `GOES_ON` or `BROKEN`."""
        for token in TOKEN.finditer(text, place):
            if token[0] in "{[":
                self._open += token[0].encode()
                self._brackets += 1
            elif token[0] in "}]":
                self._open.pop()
                if not self._open:
                    return token.end()
            elif not token[1]:
                return GOES_ON if self._goes_on(text, token.start()) else BROKEN
        return GOES_ON

    def _goes_on(self, text: str, place: int) -> bool:
        """Whether a string at the end of a part of a line may go on in the next part."""
        if text.endswith("\n") or len(text) - place > LONGEST_RECORD or len(text) < LONGEST_LINE:
            return False
        self._string = text[place:]
        return True

    def _keep(self, text: str, number: int) -> None:
        self._size += len(text)
        if self._size > LONGEST_RECORD or number - self._began > MOST_LINES:
            self._wrong = self._wrong or TOO_LONG
        elif self._brackets > MOST_BRACKETS:
            self._wrong = self._wrong or "The JSON object that begins on this line holds too many lists and objects."
        if self._wrong:
            self._parts.clear()
        else:
            self._parts.append(text)

    def _broken(self, number: int) -> tuple[int, NotJSON]:
        """Ends the open value, which this line did not close."""
        began, text, wrong = self._began, "".join(self._parts), self._wrong
        self._forget()
        if wrong:
            return began, NotJSON(wrong)
        if began == number:
            return began, _not_json(text.strip(), number)
        return began, NotJSON("The JSON object that begins on this line is never closed.")

    def _forget(self) -> None:
        self._open.clear()
        self._parts.clear()
        self._wrong, self._size, self._brackets = "", 0, 0


def _brackets(text: str) -> int:
    return text.count("[") + text.count("{")


def _parsed(text: str, number: int) -> object:
    try:
        return loads(text)
    except Twice as twice:
        return NotJSON(f"The object names {shown(str(twice))} twice.")
    except (ValueError, RecursionError) as error:
        return _said(error, number)


def _not_json(text: str, number: int) -> NotJSON:
    """What is wrong with a line that is no value, or no object."""
    if _brackets(text) > MOST_BRACKETS:
        return NotJSON("The line is not JSON.")
    value = _parsed(text, number)
    return value if isinstance(value, NotJSON) else NotJSON("The line is not a JSON object.")


def _said(error: Exception, number: int) -> NotJSON:
    if not isinstance(error, json.JSONDecodeError):
        return NotJSON("The line is not JSON.")
    if error.lineno == 1:
        return NotJSON(f"The line is not JSON at column {error.colno}.")
    place = f"line {number + error.lineno - 1:,}, column {error.colno}"
    return NotJSON(f"The JSON object that begins on this line is not JSON at {place}.")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = Counter(name for name, _value in pairs)
        raise Twice(names.most_common(1)[0][0])
    return value


# Only one decoder: each is a reference cycle, which stays until the next garbage collection.
loads = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_object).decode
"""Raises `Twice`, or another `ValueError`, or `RecursionError`."""
