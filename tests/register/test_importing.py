"""Check writes nothing but the batch; apply does exactly what was checked, once."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.register import importing
from dashboard.register.importing.steps import PROBLEMS_KEPT
from dashboard.register.models import ImportBatch, Presence, TrackedTask
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    return UserFactory(username="olga")


def check(content: str, *, user: User, source: str = "tasks.csv", kind: str = "") -> ImportBatch:
    return importing.check(source=source, stream=io.BytesIO(content.encode()), user=user, kind=kind)


def bring_in(content: str, *, user: User) -> ImportBatch:
    return importing.apply(batch=check(content, user=user), actor=user, address="192.0.2.7")


def test_checking_counts_and_writes_no_task(olga):
    TrackedTaskFactory(kind="image", task_id="known")
    TrackedTaskFactory(kind="video", task_id="new")
    batch = check("kind,task_id\nimage,known\nimage,new\nimage,newer\naudio,x\nimage,new\n", user=olga)
    assert (batch.to_add, batch.to_update, batch.rejected) == (2, 1, 2)
    assert batch.problems == [
        {"line": 5, "sentence": "The kind is “audio”. Use image or video."},
        {"line": 6, "sentence": "Repeats image new of line 3."},
    ]
    assert TrackedTask.objects.count() == 2


def test_a_row_that_changes_nothing_counts_as_an_update(olga):
    bring_in("kind,task_id,prompt\nimage,a,x\n", user=olga)
    batch = check("kind,task_id,prompt\nimage,a,x\n", user=olga)
    assert (batch.to_add, batch.to_update) == (0, 1)


def test_applying_adds_what_was_checked(olga):
    applied = bring_in(
        "kind,task_id,status,model,prompt,url,created_at,width,height,duration\n"
        "video,a/b,failed,seedancev2,<script>,https://example.com/1.mp4,2026-01-30T12:00:00+08:00,1280,720,5\n"
        "image,c,,,,,2026-01-30 12:00:00,,,\n",
        user=olga,
    )
    assert (applied.added, applied.updated) == (2, 0)
    video = TrackedTask.objects.get(kind="video", task_id="a/b")
    assert (video.status, video.model, video.prompt) == ("failed", "seedancev2", "<script>")
    assert (video.urls, video.width, video.height, video.duration) == (["https://example.com/1.mp4"], 1280, 720, 5.0)
    assert video.created_at == datetime(2026, 1, 30, 4, tzinfo=UTC)
    assert video.presence == Presence.PRESENT
    image = TrackedTask.objects.get(kind="image", task_id="c")
    # Of the importing person's zone, which is the server's.
    assert (image.created_at, image.status) == (datetime(2026, 1, 30, 12, tzinfo=UTC), "unknown")
    assert image.created_raw == "2026-01-30 12:00:00"


def test_importing_again_updates_only_what_is_given(olga):
    task = TrackedTaskFactory(kind="image", task_id="a", prompt="old", model="zimage", width=100)
    bring_in("kind,task_id,prompt,model,width\nimage,a,new,,\nimage,b,,,7\nimage,c,,,\n", user=olga)
    tracked_at = task.tracked_at
    task.refresh_from_db()
    assert (task.prompt, task.model, task.width, task.tracked_at) == ("new", "zimage", 100, tracked_at)
    assert TrackedTask.objects.get(task_id="b").width == 7


def test_importing_never_makes_a_deleted_task_present(olga):
    deletion = uuid4()
    before = {
        "presence": Presence.DELETED,
        "deleted_at": timezone.now(),
        "last_outcome": "deleted",
        "last_message": "Successfully",
        "last_deletion": deletion,
        "held_by": "admin",
        "held_reason": "Legal case",
    }
    task = TrackedTaskFactory(kind="image", task_id="a", **before)
    bring_in("kind,task_id,prompt,presence,held_by\nimage,a,new,present,nobody\n", user=olga)
    task.refresh_from_db()
    assert task.prompt == "new"
    assert {name: getattr(task, name) for name in before} == before


def test_a_batch_larger_than_a_chunk_loses_nothing(olga):
    rows = "".join(f"image,t{number},{'x' if number % 2 else ''}\n" for number in range(2_345))
    applied = bring_in("kind,task_id,prompt\n" + rows, user=olga)
    assert applied.added == TrackedTask.objects.count() == 2_345
    assert TrackedTask.objects.filter(prompt="x").count() == 1_172


def test_a_batch_is_applied_once(olga):
    batch = check("kind,task_id\nimage,a\n", user=olga)
    stale = ImportBatch.objects.get(pk=batch.pk)
    importing.apply(batch=batch, actor=olga, address="")
    with pytest.raises(importing.AlreadyApplied):
        importing.apply(batch=ImportBatch.objects.get(pk=batch.pk), actor=olga, address="")
    # Two presses at the same moment have both read it as not yet applied.
    with pytest.raises(importing.AlreadyApplied):
        importing.apply(batch=stale, actor=olga, address="")
    assert AuditEvent.objects.filter(action="tasks.imported").count() == 1


def test_a_batch_without_a_good_row_is_refused(olga):
    with pytest.raises(importing.Nothing):
        importing.apply(batch=check("kind,task_id\naudio,a\n", user=olga), actor=olga, address="")


def test_the_log_says_who_brought_in_what(olga):
    bring_in("kind,task_id\nimage,a\naudio,b\n", user=olga)
    event = AuditEvent.objects.get(action="tasks.imported")
    assert (event.actor, event.address, event.subject) == ("olga", "192.0.2.7", "tasks.csv")
    assert event.detail == {
        "file": "tasks.csv",
        "sha256": "a585dc1f4a3826a9f662b283e2a34aa79eba378864fde2701710a55aaa70174b",
        "added": 1,
        "updated": 0,
        "rejected": 1,
    }


def test_only_the_first_problems_are_kept(olga):
    batch = check("kind,task_id\n" + "audio,a\n" * 300, user=olga)
    assert (len(batch.problems), batch.rejected) == (PROBLEMS_KEPT, 300)


def test_checks_of_yesterday_are_forgotten(olga):
    old = check("kind,task_id\nimage,a\n", user=olga)
    ImportBatch.objects.filter(pk=old.pk).update(moved_at=timezone.now() - timedelta(days=2))
    check("kind,task_id\nimage,a\n", user=olga)
    assert not ImportBatch.objects.filter(pk=old.pk).exists()
