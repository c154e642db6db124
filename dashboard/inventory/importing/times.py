"""Times as files write them: with an offset, or as the clock of the person who brings them in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

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
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        match = SPREADSHEETS.fullmatch(text)
        if match is None:
            raise
    year, month, day, hour, minute, second = (int(match[name] or 0) for name in PARTS)
    moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 # its offset follows, if it has one
    offset = match["offset"]
    if offset is None:
        return moment
    return datetime.fromisoformat(f"{moment.isoformat()}{'+00:00' if offset in NO_OFFSET else offset}")


def in_utc(moment: datetime, zone: tzinfo) -> str:
    """As rows hold it. Of an hour that the clock shows twice, the first; raises `OverflowError` at time's ends."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()
