from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.calls import clock


@pytest.mark.postgres
def test_the_databases_clock_is_carried_on_and_never_early(db, monkeypatch) -> None:
    monkeypatch.setattr(clock, "LOOKED_AT_EVERY", 60.0)
    monkeypatch.setattr(clock._last, "at", float("-inf"))
    with CaptureQueriesContext(connection) as asked:
        first, second = clock.now(), clock.now()
    assert len(asked) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        assert first < second <= cursor.fetchone()[0]
