from __future__ import annotations

import pytest

from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory


@pytest.mark.parametrize(
    ("presence", "outcome", "message", "words"),
    [
        ("present", "", "", "Present"),
        ("present", "refused", "Task is locked", "Present · Refused: Task is locked"),
        ("present", "refused", "", "Present · Refused"),
        ("present", "kept", "Successfully", "Present · Kept"),
        ("deleting", "waiting", "", "Deleting"),
        ("deleting", "sent", "", "Deleting"),
        ("deleting", "unknown", "No answer in 30 s.", "Deleting · Unknown: No answer in 30 s."),
        ("deleted", "deleted", "Successfully", "Deleted"),
        ("deleted", "already_gone", "", "Deleted · Already gone"),
        ("missing", "", "", "Missing"),
    ],
)
def test_presence_is_worded_with_the_last_outcome(presence: str, outcome: str, message: str, words: str) -> None:
    task = TrackedTask(presence=presence, last_outcome=outcome, last_message=message)
    assert task.presence_words == words


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, ""),
        ({"held_by": "rosa", "held_reason": "Legal case 12"}, "Held: Legal case 12"),
        ({"held_by": "rosa"}, "Held: by rosa"),
        ({"presence": "deleting"}, "Being deleted"),
        ({"presence": "deleted"}, "Deleted"),
        ({"presence": "missing"}, "Missing"),
        ({"presence": "deleting", "held_by": "rosa"}, "Being deleted"),
    ],
)
def test_it_says_why_it_cannot_be_deleted(values: dict[str, str], why: str) -> None:
    assert TrackedTask(**values).blocked == why


@pytest.mark.django_db
def test_selectable_and_blocked_agree() -> None:
    for presence in ("present", "deleting", "deleted", "missing"):
        TrackedTaskFactory(presence=presence)
        TrackedTaskFactory(presence=presence, held=True)
    free = {task.pk for task in TrackedTask.objects.all() if not task.blocked}
    assert set(TrackedTask.objects.selectable().values_list("pk", flat=True)) == free
    assert len(free) == 1
    assert TrackedTask.objects.held().count() == 4


def test_only_a_picture_of_the_providers_own_host_is_a_thumbnail(settings) -> None:
    settings.TENSORSLAB_API_URL = "http://127.0.0.1:8001"
    task = TrackedTask(
        urls=[
            "https://cdn.example.com/a.png",
            "http://127.0.0.1:8002/b.png",
            "http://127.0.0.1:8001@evil.example/c.png",
            "http://127.0.0.1:8001/d.png",
        ]
    )
    assert task.thumbnail == "http://127.0.0.1:8001/d.png"
    assert [preview.remote for preview in task.previews] == [True, True, True, False]
    assert TrackedTask(urls=["https://cdn.example.com/a.png"]).thumbnail == ""


def test_what_is_no_web_address_is_no_preview() -> None:
    assert TrackedTask(urls=["javascript:alert(1)", "http://[", "https://", "ftp://a/b", "a.png"]).previews == []
