"""When a rule runs: at an hour of its owner's day, every day or on one day of the week."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from dashboard.pages import moments

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def next_run(*, weekday: int | None, hour: int, zone: tzinfo, after: datetime) -> datetime:
    """The first moment after that. An hour that clocks skip on some day is the one after it, one that they repeat the
    first of the two."""
    today = moments.local(after, zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(9))
    chosen = (day for day in days if weekday is None or day.weekday() == weekday)
    runs = (datetime.combine(day, time(hour), zone).astimezone(UTC) for day in chosen)
    return next(run for run in runs if run > after)


def in_words(weekday: int | None, hour: int) -> str:
    """“every day at 03:00”; its zone stands beside it."""
    return f"every {'day' if weekday is None else DAYS[weekday]} at {hour:02}:00"
