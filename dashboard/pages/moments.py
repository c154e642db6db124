"""Moments as people read them, and their days: in the zone of who looks, which each names.

That zone is Django's current one (`access/zones.py`); what is stored for others to read is written in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

FORMS = {"minute": "{0.day} {0:%b %Y, %H:%M}", "second": "{0.day} {0:%b %Y, %H:%M:%S}"}
FORMS |= {"clock": "{0:%H:%M:%S}", "day": "{0.day} {0:%b %Y}"}
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
TICK = timedelta(microseconds=1)


def local(moment: datetime, zone: tzinfo | None = None) -> datetime:
    """At either end of the calendar it stays in UTC."""
    try:
        return moment.astimezone(zone or timezone.get_current_timezone())
    except OverflowError:
        return moment.astimezone(UTC)


def in_words(moment: datetime, form: str = "minute", *, zone: tzinfo | None = None) -> str:
    """“28 Nov 2026, 14:45 UTC”, or “28 Nov 2026, 20:30 UTC+05:45”."""
    here = local(moment, zone)
    return f"{FORMS[form].format(here)} {offset(here)}"


def for_record(moment: datetime) -> str:
    """For a text that is kept: the same for everybody who reads it."""
    return in_words(moment, "second", zone=UTC)


def offset(here: datetime) -> str:
    # A zone's abbreviation may be another zone's too: CST is China's and Chicago's.
    return f"UTC{here.isoformat(timespec='minutes')[16:] if here.utcoffset() else ''}"


def shown(moment: datetime, form: str = "minute") -> SafeString:
    """For pages. What the form leaves out stands in the title."""
    here = local(moment)
    title = format_html(' title="{}"', in_words(moment, "second")) if form == "clock" else ""
    return format_html('<time datetime="{}"{}>{}</time>', here.isoformat(), title, in_words(moment, form))


def zone_name() -> str:
    return timezone.get_current_timezone_name()


def days(first: datetime, last: datetime) -> str:
    """“3 Jan – 2 Jun 2026 UTC”: from the day of one moment to that of another."""
    begin, end = local(first), local(last)
    name = offset(end) if begin.utcoffset() == end.utcoffset() else zone_name()
    if begin.date() == end.date():
        return f"{FORMS['day'].format(end)} {name}"
    before = FORMS["day"].format(begin)
    if begin.year == end.year:
        before = before.removesuffix(f" {end.year}")
    return f"{before} – {FORMS['day'].format(end)} {name}"


def begin_of(day: date, zone: tzinfo | None = None) -> datetime:
    """The first moment of that day, which is not midnight where the clocks are put forward then.

    Where the clocks skip the whole day, it is the moment of that: the day has a beginning, and is empty.
    """
    zone = zone or timezone.get_current_timezone()
    midnight = datetime.combine(day, time.min, zone)
    try:
        early, late = sorted(midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return FIRST if day.year == 1 else LAST
    if early.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return early
    # No clock showed that midnight. The first moment at which it was past lies between the two readings of it.
    while late - early > TICK:
        middle = early + (late - early) // 2
        early, late = (early, middle) if middle.astimezone(zone).date() >= day else (middle, late)
    return late


def end_of(day: date, zone: tzinfo | None = None) -> datetime:
    """The last moment of that day, to the microsecond."""
    return LAST if day == date.max else begin_of(day + timedelta(days=1), zone) - TICK
