from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.register.templatetags.age import age, timetaken


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1, seconds=5), "1 minute ago"),
        (timedelta(hours=5, minutes=59), "5 hours ago"),
        (timedelta(days=110, hours=3), "110 days ago"),
        (timedelta(days=1200, hours=1), "1,200 days ago"),
        (-timedelta(hours=2, seconds=30), "in 2 hours"),
    ],
)
def test_an_age_is_told_in_one_unit_and_never_in_weeks_or_months(ago: timedelta, words: str) -> None:
    assert age(timezone.now() - ago) == words


def test_an_unknown_time_has_an_unknown_age() -> None:
    assert age(None) == "unknown"


def test_a_call_is_timed_in_milliseconds_even_when_it_is_slow() -> None:
    sent_at = timezone.now()
    assert timetaken(sent_at, sent_at + timedelta(seconds=30)) == "30,000 ms"
    assert timetaken(sent_at, None) == ""
