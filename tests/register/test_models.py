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


def test_what_is_no_web_address_is_no_file() -> None:
    urls = ["javascript:alert(1)", "http://[", "https://", "ftp://a/b", "a.png", "https://cdn.example.com/a.png"]
    assert TrackedTask(urls=urls).web_urls == urls[-1:]
