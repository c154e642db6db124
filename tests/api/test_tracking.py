"""A generator's tracker and the product's own `POST /api/tasks/`, over a real connection."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.access.models import Token
from dashboard.register.models import TrackedTask
from tensorslab_api.tracking import Tracker
from tests.api.program import Program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def test_what_a_generator_reports_is_in_the_register_once(program: Program, live_server, tmp_path: Path) -> None:
    def tracker(token: str) -> Tracker:
        return Tracker(dashboard=live_server.url, token=token, spool=tmp_path)

    first = tracker("tlt_never_made")
    first.record({"kind": "image", "task_id": "a", "prompt": "Waves", "created_at": "2026-03-01T12:00:00+00:00"})
    first.record({"kind": "audio", "task_id": "b"})
    # The token is not one, so all is kept.
    assert not first.close()
    second = tracker(program.token)
    second.record({"kind": "image", "task_id": "a", "status": "completed", "url": ["https://example.com/a.jpg"]})
    second.record({"kind": "video", "task_id": "c", "duration": 5.0, "starttime": "2026-01-30 12:00:00"})
    assert second.close()
    rows = TrackedTask.objects.order_by("task_id").values_list("kind", "task_id", "prompt", "status", "added_by")
    assert list(rows) == [
        ("image", "a", "Waves", "completed", "olga"),
        ("video", "c", "", "unknown", "olga"),
    ]
    assert second.counts["delivered"] == 3
    [refused] = map(json.loads, (tmp_path / "refused.jsonl").read_text().splitlines())
    assert (refused["kind"], "audio" in refused["problem"]) == ("audio", True)
    assert Token.objects.get().used_at is not None
