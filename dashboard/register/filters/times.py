"""Times in a filter as people type them: a day, an age such as `-30d`, or a moment with its offset."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from dashboard.pages import moments
from dashboard.pages.filter_forms import DAY, InZone

AGE = re.compile(r"-([1-9][0-9]{0,3})([hdwmy])", re.ASCII)
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)
HOURS = {"h": 1, "d": 24, "w": 7 * 24}
MONTHS = {"m": 1, "y": 12}
NAMES = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}


@dataclass(frozen=True)
class Age:
    """Hours, days (of 24 hours, like ages in the list) and weeks; months and years by the calendar."""

    number: int
    unit: str

    def __str__(self) -> str:
        return f"-{self.number}{self.unit}"

    @property
    def words(self) -> str:
        return f"{self.number:,} {NAMES[self.unit]}{'' if self.number == 1 else 's'}"

    def before(self, now: datetime, zone: tzinfo) -> datetime:
        try:
            if self.unit in HOURS:
                return now - timedelta(hours=self.number * HOURS[self.unit])
            here = now.astimezone(zone)
            months = here.year * 12 + here.month - 1 - self.number * MONTHS[self.unit]
            year, month = months // 12, months % 12 + 1
            day = min(here.day, monthrange(year, month)[1])
            return here.replace(year=year, month=month, day=day).astimezone(UTC)
        except (OverflowError, ValueError):
            return moments.FIRST


Time = date | datetime | Age


def parsed(text: str) -> Time:
    """Raises ValueError if the text is no time."""
    if DAY.fullmatch(text):
        return date.fromisoformat(text)
    if MOMENT.fullmatch(text):
        return datetime.fromisoformat(text).astimezone(UTC)
    # Other keyboards have other digits, and editors another minus.
    plain = unicodedata.normalize("NFKC", text).lower().replace("\u2212", "-").replace("\u2013", "-")
    if age := AGE.fullmatch("".join(plain.split())):
        return Age(int(age[1]), age[2])
    raise ValueError(text)


def as_text(time: Time | None) -> str:
    """The only text for each time, so that equal filters have equal addresses."""
    if isinstance(time, datetime):
        return time.isoformat().replace("+00:00", "Z")
    return time.isoformat() if isinstance(time, date) else str(time or "")


def in_words(name: str, time: Time, zone: tzinfo) -> str:
    """As the chip of that field tells it."""
    if isinstance(time, Age):
        age = {"created_after": "newer than {}", "created_before": "older than {}", "seen_before": "{} ago"}[name]
        return age.format(time.words)
    if isinstance(time, datetime):
        return moments.in_words(time, "second", zone=zone)
    return f"{time.isoformat()} {zone}"


class TimeField(InZone, forms.CharField):
    how = "Write it as YYYY-MM-DD, or as an age such as -30d (h, d, w, m or y)."
    widget = forms.TextInput(
        attrs={"placeholder": "YYYY-MM-DD or -30d", "list": "ages", "autocomplete": "off", "spellcheck": "false"}
    )

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return parsed(text) if text else None
        except (ValueError, OverflowError):
            raise ValidationError("no time") from None
