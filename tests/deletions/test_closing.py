"""Closing what has ended: a piece a tick, and only what did not change while it was read."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest
from django.db import OperationalError
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.dispatch import closing
from dashboard.deletions.dispatch.closing import Closer
from dashboard.deletions.drafts import fingerprint
from dashboard.deletions.models import Deletion, DeletionItem, Inspection
from tests.deletions.conftest import meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def undone(confirm, images, olga, settings, now):
    """`undone(5)`: a deletion of so many that was undone."""
    settings.DELETION_GRACE_SECONDS = 60

    def undone(number: int) -> Deletion:
        deletion: Deletion = confirm(images(number))
        actions.undo(deletion=deletion, by=actions.By(user=olga), now=now)
        return deletion

    return undone


@pytest.fixture
def _two_items_a_tick(monkeypatch) -> None:
    monkeypatch.setattr(fingerprint, "LINES", 2)
    monkeypatch.setattr(closing, "AT_ONCE", 2)


def closed(deletion: Deletion) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="deletion.closed", subject=str(deletion.uuid)))


@pytest.mark.usefixtures("_two_items_a_tick")
def test_a_large_one_is_read_over_several_ticks(undone, now) -> None:
    deletion, closer = undone(5), Closer()
    for _ in range(2):
        closer.tick(now=now)
        assert closed(deletion) == []
    closer.tick(now=now)
    [entry] = closed(deletion)
    ids = list(deletion.items.order_by("pk").values_list("task_id", flat=True))
    frozen = "".join(f"+image {task_id}\n" for task_id in ids)
    ended = "".join(f"image {task_id} kept\n" for task_id in ids)
    assert (entry.detail["state"], entry.detail["counts"]["kept"]) == ("cancelled", 5)
    assert entry.detail["manifest"] == hashlib.sha256(frozen.encode()).hexdigest()
    assert entry.detail["outcomes"] == hashlib.sha256(ended.encode()).hexdigest()


def test_small_ones_are_closed_at_once(undone, now) -> None:
    deletions = [undone(1) for _ in range(3)]
    Closer().tick(now=now)
    assert [len(closed(deletion)) for deletion in deletions] == [1, 1, 1]


@pytest.mark.usefixtures("_two_items_a_tick")
def test_two_opposite_corrections_while_it_is_read_are_noticed(undone, now) -> None:
    deletion, closer = undone(3), Closer()
    first, last = deletion.items.order_by("pk")[0], deletion.items.order_by("-pk")[0]
    DeletionItem.objects.filter(pk=last.pk).update(outcome="refused")
    Deletion.objects.update(kept=2, refused=1)
    closer.tick(now=now)
    # The first was read before, the last will be after.
    DeletionItem.objects.filter(pk=first.pk).update(outcome="refused")
    DeletionItem.objects.filter(pk=last.pk).update(outcome="kept")
    Inspection.objects.create(deletion=deletion, due_at=now, begun_at=now, at=now, changed=2)
    closer.tick(now=now)
    closer.tick(now=now)
    assert closed(deletion) == []
    for _ in range(4):
        closer.tick(now=now)
    [entry] = closed(deletion)
    assert entry.detail["outcomes"] == ended_hash(deletion)


def ended_hash(deletion: Deletion) -> str:
    digest = hashlib.sha256()
    for some in fingerprint.lines(deletion):
        digest.update(fingerprint.as_ended(some))
    return digest.hexdigest()


def test_what_an_inspection_is_correcting_waits_for_its_end(undone, now) -> None:
    deletion, closer = undone(1), Closer()
    Inspection.objects.create(deletion=deletion, due_at=now, begun_at=now, changed=1)
    closer.tick(now=now)
    assert closed(deletion) == []
    Inspection.objects.update(at=now)
    closer.tick(now=now)
    assert len(closed(deletion)) == 1


def test_one_that_can_not_be_read_is_begun_anew_and_holds_no_other_up(undone, now, monkeypatch) -> None:
    broken, whole = undone(4), undone(1)
    closer, read = Closer(), []
    monkeypatch.setattr(fingerprint, "LINES", 2)

    def fail_in_the_middle_of_it() -> None:
        read.append(closer.last)
        if read.count(broken.pk) == 2:
            raise OperationalError

    with meeting('FROM "deletions_deletionitem"', fail_in_the_middle_of_it), pytest.raises(OperationalError):
        closer.tick(now=now)
    closer.tick(now=now)
    assert (len(closed(broken)), len(closed(whole))) == (0, 1)
    closer.tick(now=now)
    [entry] = closed(broken)
    assert entry.detail["outcomes"] == ended_hash(broken)
