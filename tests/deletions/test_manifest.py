from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.deletions import manifest
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.inventory.models import TrackedTask
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_freezing_skips_what_cannot_be_deleted_and_says_why(olga, confirm, images) -> None:
    free, busy = images(2), images(1)
    confirm(busy)
    TrackedTaskFactory(held=True)
    TrackedTaskFactory(deleted=True)
    draft = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    assert (draft.total, draft.skipped, draft.size) == (5, 3, 2)
    said = draft.items.filter(outcome="skipped").values_list("message", flat=True)
    assert sorted(said) == ["Already being deleted", "Already deleted", "Held: Legal case 12"]
    assert set(draft.items.filter(outcome="waiting").values_list("tracked", flat=True)) == {task.pk for task in free}


def test_the_fingerprint_signs_the_sorted_lines(olga) -> None:
    for kind, task_id in [("video", "b"), ("image", "é1"), ("image", "B"), ("image", "a"), ("image", "a-b")]:
        TrackedTaskFactory(kind=kind, task_id=task_id)
    draft = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    lines = sorted(f"{item.kind} {item.task_id}\n".encode() for item in draft.items.all())
    assert draft.fingerprint == hashlib.sha256(b"".join(lines)).hexdigest()


def test_a_draft_reserves_nothing(olga, draft) -> None:
    other = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    assert other.size == 3
    assert not TrackedTask.objects.exclude(presence="present").exists()


def test_a_draft_that_nobody_confirms_is_discarded_after_an_hour(olga, draft) -> None:
    later = timezone.now() + timedelta(minutes=61)
    manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga, now=later)
    draft.refresh_from_db()
    assert draft.state == State.DISCARDED


def test_a_task_nobody_knows_about_is_skipped_until_it_was_checked(olga, confirm, images) -> None:
    tasks = images(2)
    deletion = confirm(tasks[:1])
    DeletionItem.objects.update(outcome="unknown", open=False)
    Deletion.objects.filter(pk=deletion.pk).update(state=State.FINISHED, waiting=0, unknown=1)
    draft = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    assert draft.size == 1
    assert draft.items.get(outcome="skipped").message == manifest.DOUBTFUL
