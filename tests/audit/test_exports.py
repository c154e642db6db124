"""The log as CSV and as JSON lines."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import pytest

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from tests.audit.shown import append, link, text_of
from tests.conftest import Person


def test_the_csv_holds_what_the_filter_left(viewer: Person) -> None:
    append("=1+1", reason="=cmd()")
    append("other", actor="omar")

    response = viewer.get("/audit/export.csv?actor=olga")

    assert response.headers["Content-Type"].startswith("text/csv")
    assert 'filename="audit-log.csv"' in response.headers["Content-Disposition"]
    text = text_of(response)
    assert text[0] == "\ufeff"
    (row,) = csv.DictReader(text[1:].splitlines())
    event = AuditEvent.objects.get(sequence=1)
    told = [name for name in chain.as_dict(event) if name not in {"commitments", "salts"}]
    assert list(row) == [*told, "confirmed_by"]
    assert row["subject"] == "'=1+1"
    assert json.loads(row["detail"]) == {"reason": "=cmd()"}
    assert row["hash"] == event.hash
    assert row["at"].endswith("+00:00")


def test_the_csvs_times_are_the_persons_and_those_in_json_the_logs(viewer: Person) -> None:
    viewer.post("/account/", {"time_zone": "Asia/Kathmandu"})
    event = append("one")
    (row,) = csv.DictReader(text_of(viewer.get("/audit/export.csv?actor=olga"))[1:].splitlines())
    assert row["at"].endswith("+05:45")
    assert datetime.fromisoformat(row["at"]) == event.at
    exported = text_of(viewer.get("/audit/export.json?actor=olga"))
    assert exported.startswith("{")
    assert json.loads(exported)["at"] == event.at.astimezone(UTC).isoformat(timespec="microseconds")


def test_the_json_lines_hold_what_the_filter_left_oldest_first(viewer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 2)
    events = [append(f"{number}") for number in range(5)]
    append(actor="omar")

    response = viewer.get("/audit/export.json?actor=olga")

    lines = [json.loads(line) for line in text_of(response).splitlines()]
    assert [line | {"salts": event.salts} for line, event in zip(lines, events, strict=True)] == [
        chain.as_dict(event) for event in events
    ]


def test_no_download_proves_what_is_erased_later(viewer: Person) -> None:
    """It names people until it is removed, but has no salt that would prove a name, or a short reason."""
    event = append(reason="Mine")
    assert set(event.salts) == {"actor", "address", "reason"}
    for path in ("/audit/export.csv", "/audit/export.json"):
        text = text_of(viewer.get(path))
        assert "Mine" in text
        assert not any(salt in text for salt in event.salts.values())


def test_the_page_links_the_exports_with_its_filter(viewer: Person) -> None:
    append()

    response = viewer.get("/audit/?actor=olga&before=2999-01-01")

    assert link(response, "Download CSV") == "/audit/export.csv?actor=olga&before=2999-01-01"
    assert link(response, "Download JSON lines") == "/audit/export.json?actor=olga&before=2999-01-01"
