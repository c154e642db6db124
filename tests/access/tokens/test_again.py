"""`Idempotency-Key`: the same call is answered as before; another, or one under way, is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.access.models import Answered
from dashboard.access.tokens import again
from dashboard.audit.models import AuditEvent
from dashboard.deletions.dispatch import recovery
from dashboard.deletions.models import Deletion
from dashboard.register.models import TrackedTask
from tests.api.program import Program, problem, told
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
BODY = {"tasks": [{"kind": "image", "task_id": "a"}]}


def test_the_same_call_is_answered_as_before_and_not_done_again(program: Program) -> None:
    TrackedTaskFactory(status="failed")
    body = {"filter": "status=failed", "reason": "Spring"}
    first = program.post("/deletions/", body, Idempotency_Key="one")
    second = program.post("/deletions/", body, Idempotency_Key="one")
    assert told(first, 201) == told(second, 201)
    assert first.headers["Location"] == second.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Deletion.objects.count() == 1
    assert told(program.post("/deletions/", body, Idempotency_Key="two"), 201)["id"] != told(first, 201)["id"]


def test_another_body_under_the_same_key_is_refused(program: Program) -> None:
    told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)
    other = program.post("/tasks/", {"tasks": []}, Idempotency_Key="one")
    problem(other, 422, "key-reused")
    elsewhere = program.post("/deletions/", BODY, Idempotency_Key="one")
    problem(elsewhere, 422, "key-reused")


def test_a_key_is_its_tokens_own(program: Program) -> None:
    told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)
    other = Program(program.user, name="Other")
    assert told(other.post("/tasks/", BODY, Idempotency_Key="one"), 200)["unchanged"] == 1


def test_one_still_in_flight_is_refused(program: Program) -> None:
    told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)
    Answered.objects.update(status=None)
    answer = program.post("/tasks/", BODY, Idempotency_Key="one")
    problem(answer, 409, "in-flight")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("off", [again.PATIENCE, -again.PATIENCE], ids=["its process died", "a clock was ahead"])
def test_one_that_was_left_is_begun_again(program: Program, off: timedelta) -> None:
    told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)
    Answered.objects.update(status=None, asked_at=timezone.now() - off - off / 10)
    assert told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)["unchanged"] == 1
    assert Answered.objects.get().status == 200


def test_what_was_refused_for_the_moment_may_be_asked_again(program: Program, settings: Any) -> None:
    settings.READ_ONLY = True
    assert program.post("/tasks/", BODY, Idempotency_Key="one").status_code == 403
    settings.READ_ONLY = False
    reader = Program(program.user, "read", name="Reader")
    problem(reader.post("/tasks/", BODY, Idempotency_Key="one"), 403, "scope-missing")
    assert not Answered.objects.exists()
    assert told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)["added"] == 1


def test_a_failure_is_not_kept(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("dashboard.api.tasks.clock.now", lambda: 1 / 0)
        problem(program.post("/tasks/", BODY, Idempotency_Key="one"), 500, "failed")
    assert not Answered.objects.exists()
    assert told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)["added"] == 1


@pytest.mark.once
@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_what_is_no_key_is_refused(program: Program, key: str) -> None:
    found = problem(program.post("/tasks/", BODY, Idempotency_Key=key), 400, "bad-request")
    assert found["errors"][0]["header"] == "Idempotency-Key"
    assert not TrackedTask.objects.exists()


def test_after_a_day_it_is_forgotten(program: Program) -> None:
    told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)
    Answered.objects.update(asked_at=timezone.now() - again.KEPT - timedelta(seconds=1))
    recovery._prune(now=timezone.now())
    assert not Answered.objects.exists()
    # The log has the one change that there was.
    assert told(program.post("/tasks/", BODY, Idempotency_Key="one"), 200)["unchanged"] == 1
    assert AuditEvent.objects.filter(action="tasks.imported").count() == 1
