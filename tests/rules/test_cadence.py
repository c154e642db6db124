from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.rules.cadence import in_words, next_run


@pytest.mark.parametrize(
    ("after", "weekday", "hour", "zone", "expected"),
    [
        ("2026-03-01T02:00", None, 3, "UTC", "2026-03-01T03:00"),
        # At its very moment it has run.
        ("2026-03-01T03:00", None, 3, "UTC", "2026-03-02T03:00"),
        ("2026-03-01T20:00", None, 3, "Asia/Shanghai", "2026-03-02T19:00"),
        # A Sunday; the next Sunday is a week away.
        ("2026-03-01T04:00", 6, 3, "UTC", "2026-03-08T03:00"),
        ("2026-03-01T04:00", 0, 3, "UTC", "2026-03-02T03:00"),
        # Clocks are put forward from two to three, and back from three to two.
        ("2026-03-28T12:00", None, 2, "Europe/Berlin", "2026-03-29T01:00"),
        ("2026-10-24T12:00", None, 2, "Europe/Berlin", "2026-10-25T00:00"),
        ("2026-10-25T00:00", None, 2, "Europe/Berlin", "2026-10-26T01:00"),
    ],
)
def test_the_next_run(after: str, weekday: int | None, hour: int, zone: str, expected: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = next_run(weekday=weekday, hour=hour, zone=ZoneInfo(zone), after=moment)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_in_words() -> None:
    assert in_words(None, 3) == "every day at 03:00"
    assert in_words(4, 17) == "every Friday at 17:00"
