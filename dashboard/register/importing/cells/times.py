"""Times in files: with an offset, or by the clock of the person who imports them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, tzinfo

ISO = re.compile(
    r"\d{4}-?(?:\d{2}-?\d{2}|W\d{2}(?:-?\d)?)"
    r"(?:[Tt ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?\s*(?:[Zz]|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?)?",
    re.ASCII,
)
"""Needed because Python's parser takes any character between day and hour: 1712123100000 would be a day of 1712."""
SPREADSHEETS = re.compile(
    r"(?P<year>\d{4})(?:[-/.]|\s*年\s*)(?P<month>\d{1,2})(?:[-/.]|\s*月\s*)(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
"""The year comes first, so that day and month can't be confused: 2026/10/3 1:15, 2026年10月3日."""
PARTS = ("year", "month", "day", "hour", "minute", "second")
NO_OFFSET = {"Z", "UTC", "GMT"}


def moment_of(text: str) -> datetime:
    """A naive datetime if the text has no offset. Raises `ValueError`."""
    if _is_usual(text) or ISO.fullmatch(text):
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    match = SPREADSHEETS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(match[name] or 0) for name in PARTS)
    moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 # its offset follows, if it has one
    offset = match["offset"]
    if offset and offset[0] == "-" and match["hour"] is None:
        # 2026-10-05-01:15 may also mean a quarter past one.
        raise ValueError(text)
    if offset is None:
        return moment
    return datetime.fromisoformat(f"{moment.isoformat()}{'+00:00' if offset in NO_OFFSET else offset}")


def _is_usual(text: str) -> bool:
    """Whether it looks like 2026-10-05T01:15…. Faster than a pattern, for millions of cells."""
    return text[4:5] == "-" and text[7:8] == "-" and text[10:11] in {"T", " "} and text[13:14] == ":"


def in_utc(moment: datetime, zone: tzinfo) -> str:
    """A time in the form that rows have. Of an hour that a clock shows twice, the first. Raises `OverflowError`."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()
