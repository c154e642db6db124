"""Moments and days as people read them, in their own time zone, which is always named.

It is Django's current one (`access/zones.py`); texts that are stored for other readers are in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone
from django.utils.safestring import SafeString

# Not strftime, which would take most of the time of a list of tasks.
FORMS = {"date": "{0.day} {1}", "day": "{0.day} {1} {0.year}", "clock": "{0.hour:02}:{0.minute:02}:{0.second:02}"}
FORMS |= {"minute": FORMS["day"] + ", {0.hour:02}:{0.minute:02}", "second": f"{FORMS['day']}, {FORMS['clock']}"}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
TICK = timedelta(microseconds=1)


def local(moment: datetime, zone: tzinfo | None = None) -> datetime:
    """The moment in a zone; in UTC at either end of the calendar, where it would overflow."""
    try:
        return moment.astimezone(zone or timezone.get_current_timezone())
    except OverflowError:
        return moment.astimezone(UTC)


def in_words(moment: datetime, form: str = "minute", *, zone: tzinfo | None = None) -> str:
    """“28 Nov 2026, 14:45 UTC”, or “28 Nov 2026, 20:30 UTC+05:45”."""
    return _written(local(moment, zone), form)


def _written(here: datetime, form: str) -> str:
    return f"{FORMS[form].format(here, MONTHS[here.month - 1])} {offset(here)}"


def for_record(moment: datetime) -> str:
    """For texts that are stored: in UTC, for all readers."""
    return in_words(moment, "second", zone=UTC)


def offset(here: datetime) -> str:
    # Not the zone's abbreviation, which can be ambiguous: CST is China's and Chicago's.
    return f"UTC{here.isoformat(timespec='minutes')[16:] if here.utcoffset() else ''}"


def shown(moment: datetime, form: str = "minute") -> SafeString:
    """HTML for pages. Parts that the form leaves out are in the title."""
    here = local(moment)
    title = f' title="{_written(here, "second")}"' if form == "clock" else ""
    return SafeString(f'<time datetime="{here.isoformat()}"{title}>{_written(here, form)}</time>')  # nosec B703 # digits and names of months


def zone_name() -> str:
    return timezone.get_current_timezone_name()


def days(first: datetime, last: datetime) -> str:
    """“3 Jan – 2 Jun 2026 UTC”: from the day of one moment to that of another."""
    begin, end = local(first), local(last)
    if begin.date() == end.date():
        return _written(end, "day")
    before = FORMS["day" if begin.year != end.year else "date"].format(begin, MONTHS[begin.month - 1])
    if begin.utcoffset() == end.utcoffset():
        return f"{before} – {_written(end, 'day')}"
    return f"{before} – {FORMS['day'].format(end, MONTHS[end.month - 1])} {zone_name()}"


def begin_of(day: date, zone: tzinfo | None = None) -> datetime:
    """The first moment of that day, which is not midnight if clocks are put forward then.

    If clocks skip the whole day, it is the moment at which they do: the day is then empty.
    """
    zone = zone or timezone.get_current_timezone()
    midnight = datetime.combine(day, time.min, zone)
    try:
        early, late = sorted(midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return FIRST if day.year == 1 else LAST
    if early.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return early
    # No clock showed that midnight. The first moment after it is between the two readings of it.
    while late - early > TICK:
        middle = early + (late - early) // 2
        early, late = (early, middle) if middle.astimezone(zone).date() >= day else (middle, late)
    return late


def end_of(day: date, zone: tzinfo | None = None) -> datetime:
    """The last moment of that day, to the microsecond."""
    return LAST if day == date.max else begin_of(day + timedelta(days=1), zone) - TICK
