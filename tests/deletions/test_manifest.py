from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.deletions.certificates import reading
from dashboard.deletions.drafts import eligibility, fingerprint, freezing
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.register.models import TrackedTask
from tests.factories import DeletionFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db


def test_freezing_skips_what_cannot_be_deleted_and_says_why(olga, confirm, images) -> None:
    free, busy = images(2), images(1)
    confirm(busy)
    TrackedTaskFactory(held=True)
    TrackedTaskFactory(deleted=True)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    assert (draft.total, draft.skipped, draft.size) == (5, 3, 2)
    said = draft.items.filter(outcome="skipped").values_list("message", flat=True)
    assert sorted(said) == ["Already being deleted", "Already deleted", "Held: Legal case 12"]
    assert set(draft.items.filter(outcome="waiting").values_list("tracked", flat=True)) == {task.pk for task in free}


def test_the_fingerprint_signs_the_sorted_lines(olga) -> None:
    for kind, task_id in [("video", "b"), ("image", "é1"), ("image", "B"), ("image", "a"), ("image", "a-b")]:
        TrackedTaskFactory(kind=kind, task_id=task_id)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    lines = sorted(f"{item.kind} {item.task_id}\n".encode() for item in draft.items.all())
    assert draft.fingerprint == hashlib.sha256(b"".join(lines)).hexdigest()


@pytest.mark.parametrize("size", [1, 3, 5000])
def test_the_manifest_covers_every_item_in_its_order(olga, monkeypatch, size: int) -> None:
    """Whatever rows of others lie between them, and how few are read at once."""
    monkeypatch.setattr(fingerprint, "LINES", size)
    TrackedTaskFactory.create_batch(9)
    TrackedTaskFactory(held=True)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    theirs = [draft.first_item + place for place in (2, 3, 4, 7)]
    DeletionItem.objects.filter(pk__in=theirs).update(deletion=DeletionFactory())
    marks = {"skipped": "-", "waiting": "+"}
    lines = [f"{marks[item.outcome]}{item.kind} {item.task_id}\n" for item in draft.items.order_by("pk")]
    assert len(lines) == 6
    assert fingerprint.manifest_hash(draft) == hashlib.sha256("".join(lines).encode()).hexdigest()
    blocks = list(reading.blocks(draft))
    # An empty one would tell the closing that it is over.
    assert all(blocks)
    assert b"".join(map(reading.manifest_lines, blocks)).decode() == "".join(lines)


@pytest.mark.once
def test_a_draft_reserves_nothing(olga, draft) -> None:
    other = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    assert other.size == 3
    assert not TrackedTask.objects.exclude(presence="present").exists()


@pytest.mark.once
def test_a_draft_that_nobody_confirms_is_discarded_after_an_hour(olga, draft) -> None:
    later = timezone.now() + timedelta(minutes=61)
    freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga, now=later)
    draft.refresh_from_db()
    assert draft.state == State.DISCARDED


def test_the_items_of_a_draft_that_nobody_confirmed_are_removed_step_by_step(
    olga, confirm, images, monkeypatch
) -> None:
    monkeypatch.setattr(freezing, "CLEARED_AT_ONCE", 2)
    free = images(5)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    confirmed = confirm(free[:2])
    # One lies between the draft's own, as where two freeze at a time.
    draft.items.filter(pk=draft.first_item + 3).update(deletion=confirmed)
    for minutes, left in [(119, 4), (121, 2), (121, 1), (121, 0), (121, 0)]:
        freezing.clear_discarded(now=timezone.now() + timedelta(minutes=minutes), steps=1)
        assert draft.items.count() == left
    assert confirmed.items.count() == 3
    draft.refresh_from_db()
    assert (draft.state, draft.size) == (State.DISCARDED, 5)


def test_a_draft_begins_with_its_first_item_wherever_the_numbers_are(olga, images) -> None:
    images(3)
    for _ in range(2):
        draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
        keys = draft.items.order_by("pk").values_list("pk", flat=True)
        assert (draft.first_item, draft.last_item) == (keys.first(), keys.last())
        draft.items.all().delete()


@pytest.mark.once
def test_what_was_confirmed_is_never_removed(olga, confirm, images) -> None:
    for state in (state for state in State if state not in {State.DRAFT, State.DISCARDED}):
        confirm(images(1))
        Deletion.objects.filter(pk=Deletion.objects.latest("pk").pk).update(state=state)
    freezing.clear_discarded(now=timezone.now() + timedelta(days=1000), steps=100)
    assert DeletionItem.objects.count() == len(State) - 2


def test_a_task_nobody_knows_about_is_skipped_until_it_was_checked(olga, confirm, images) -> None:
    tasks = images(2)
    deletion = confirm(tasks[:1])
    DeletionItem.objects.update(outcome="unknown", open=False)
    Deletion.objects.filter(pk=deletion.pk).update(state=State.FINISHED, waiting=0, unknown=1)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    assert draft.size == 1
    assert draft.items.get(outcome="skipped").message == eligibility.DOUBTFUL


def test_what_is_skipped_is_an_image_too(olga) -> None:
    """By that the history tells deletions of images from those of videos."""
    TrackedTaskFactory(held=True)
    TrackedTaskFactory(kind="video")
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    assert (draft.total, draft.skipped, draft.images) == (2, 1, 1)
