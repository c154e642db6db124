"""Times as files write them: with an offset, or as the clock of the person who brings them in."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, tzinfo

ISO = re.compile(
    r"\d{4}-?(?:\d{2}-?\d{2}|W\d{2}(?:-?\d)?)"
    r"(?:[Tt ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?\s*(?:[Zz]|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?)?",
    re.ASCII,
)
"""Python's parser takes any character between day and hour: so 1712123100000 was a day of 1712."""
SPREADSHEETS = re.compile(
    r"(?P<year>\d{4})(?:[-/.]|\s*年\s*)(?P<month>\d{1,2})(?:[-/.]|\s*月\s*)(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
"""The year first, so that no day can be taken for a month: 2026/10/3 1:15, 2026年10月3日."""
PARTS = ("year", "month", "day", "hour", "minute", "second")
NO_OFFSET = {"Z", "UTC", "GMT"}


def moment_of(text: str) -> datetime:
    """Naive when the text names no offset. Raises `ValueError`."""
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
        # 2026-10-05-01:15 may be a quarter past one as well.
        raise ValueError(text)
    if offset is None:
        return moment
    return datetime.fromisoformat(f"{moment.isoformat()}{'+00:00' if offset in NO_OFFSET else offset}")


def _is_usual(text: str) -> bool:
    """2026-10-05T01:15…, told quicker than by a pattern: there are millions."""
    return text[4:5] == "-" and text[7:8] == "-" and text[10:11] in {"T", " "} and text[13:14] == ":"


def in_utc(moment: datetime, zone: tzinfo) -> str:
    """As rows hold it. Of an hour that the clock shows twice, the first; raises `OverflowError` at time's ends."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()
