"""What the copy calls waiting may be gone: nothing is sent before look-ups decide, and nothing gone is called kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import sending, slots
from dashboard.calls.models import ProviderCall, Slot
from dashboard.deletions.dispatch import agenda, arming, jobs, next_call, recovery, restoring
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import url_of
from tests.deletions.processes import until
from tests.deletions.restoring.copies import (
    Copy,
    doubted,
    older,
    resumed,
    running_when_lost,
    send,
    sent,
    start,
    true_of,
    write_books,
)
from tests.deletions.small_world import take
from tests.deletions.test_chunks import reading
from tests.deletions.theatre import Theatre

pytestmark = pytest.mark.django_db(transaction=True)

Confirm = Callable[..., Deletion]


def test_an_older_copy_sends_nothing_and_one_resume_lets_look_ups_decide(
    theatre, settings, images, by, person: Person
) -> None:
    """30 of 50 were deleted, the copy knows of 10 of them, and 5 more were on their way when it was made."""
    deletion = send(theatre, theatre.confirm(images(50), by=by), 2)
    agenda.begin_due(now=theatre.now())
    on_their_way = take(slots.take(1)[0])
    assert on_their_way
    copy = Copy()
    verdict = sending.perform(on_their_way.call, deadline=float("inf"))
    write_books(on_their_way, verdict)
    assert send(theatre, deletion, 3).deleted == 30
    copy.put_back()
    lost_gone = theatre.sandbox.deleted("image")
    before = sent(theatre)
    settings.DELETION_VERIFY = "sample"

    start(theatre)

    assert sent(theatre) == before
    assert older(deletion)
    assert (deletion.deleted, deletion.sent, deletion.waiting, deletion.unknown) == (10, 5, 0, 35)
    page = person.get(deletion.get_absolute_url()).content.decode()
    event = AuditEvent.objects.get(action="database.older")
    ends = AuditEvent.objects.get(sequence=event.sequence - 1)
    assert f"This database is older than what was done with it: its log ends with entry {ends.sequence} of " in page
    assert f"but entry {event.detail['seen']} of " in page
    assert f"{ends.at:%-d %b %Y, %H:%M:%S} UTC" in page
    assert "Resume" in page

    past = timezone.now() - timedelta(minutes=5)
    ProviderCall.objects.filter(state="open").update(lease_until=past)
    lease = slots.Lease(of=str(on_their_way.call.pk), until=ProviderCall.objects.get(state="open").lease_until)
    recovery.close_lost(lease, now=theatre.now())
    Slot.objects.update(token=None, lease_until=None)
    before = sent(theatre)
    deletion = resumed(theatre, deletion, by)
    true_of(theatre, deletion)
    found = deletion.items.filter(task_id__in=lost_gone).exclude(evidence="said")
    assert {(one.outcome, one.evidence) for one in found.filter(verified="gone")} <= {("deleted", "seen")}
    assert found.filter(outcome="deleted", evidence="seen").count() >= 20
    again = [call for call in theatre.sandbox.ledger()["calls"][before:] if call["operation"] == "delete"]
    assert {task_id for call in again for task_id in call["ids"]}.isdisjoint(lost_gone)
    assert AuditEvent.objects.get(action="deletion.resumed").detail["older"] is True


def test_a_call_that_was_ready_then_may_have_left(theatre, images, by) -> None:
    deletion = theatre.confirm(images(15), by=by)
    send(theatre, deletion, 1)
    ready = next_call.prepare(now=theatre.now())
    assert ready
    copy = Copy()
    verdict = sending.perform(ready.call, deadline=float("inf"))
    assert verdict.ruling == "success"
    with transaction.atomic():
        chain.append(actor="", action="call.delete")
    copy.put_back()
    start(theatre)
    deletion.refresh_from_db()
    assert (deletion.sent, deletion.unknown, doubted(deletion)) == (0, 10, 10)
    assert not ProviderCall.objects.filter(state="ready").exists()
    true_of(theatre, resumed(theatre, deletion, by))
    assert deletion.items.filter(task_id__in=ready.call.ids, outcome="deleted", evidence="seen").count() == 5


def test_what_is_doubtful_already_is_called_refused_only_after_the_lost_calls_are_over(
    theatre, settings, images, by
) -> None:
    settings.TENSORSLAB_TIMEOUT = 30.0
    deletion = theatre.confirm(images(1), by=by)
    theatre.sandbox.control(queue=["failed:before:delete"])
    send(theatre, deletion, 1)
    copy = Copy()
    theatre.skip(3600)
    with transaction.atomic():
        chain.append(actor="olga", action="a.b")
    copy.put_back()
    start(theatre)
    item = deletion.items.get()
    assert item.outcome == "unknown"
    assert item.there_from > theatre.now() + timedelta(seconds=25)
    assert item.if_there == "refuse"
    deletion = resumed(theatre, deletion, by)
    assert (deletion.state, deletion.refused) == ("finished", 1)
    assert deletion.items.get().seen_at >= item.there_from


def test_a_large_set_is_doubted_in_chunks(theatre, images, by) -> None:
    deletion = theatre.confirm(images(25), by=by)
    running_when_lost(theatre, deletion)
    assert restoring.notice(now=theatre.now())
    marked = []
    while restoring.doubt_chunk(deletion, now=theatre.now(), size=8):
        marked.append(doubted(deletion))
        [(step, row)] = agenda.unfinished_chunks(now=theatre.now())
        assert (step, row) == (restoring.doubt_chunk, deletion)
        assert next_call.prepare(now=theatre.now()) is None
    assert marked == [8, 16]
    deletion.refresh_from_db()
    assert (doubted(deletion), deletion.unknown, deletion.waiting) == (20, 20, 0)
    assert deletion.doubted_through == deletion.last_item
    assert not restoring.is_under_way()
    assert agenda.unfinished_chunks(now=theatre.now()) == []
    assert TrackedTask.objects.filter(presence="deleting", last_outcome="unknown").count() == 20


@pytest.mark.postgres
def test_postgresql_reads_a_chunk_whatever_else_the_deletion_has(theatre, images, by) -> None:
    deletion = theatre.confirm(images(1000), by=by)
    arming.in_chunks(arming.arm_chunk, deletion, now=theatre.now())
    running_when_lost(theatre, deletion, copy_at=10)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE deletions_deletionitem, register_trackedtask")
    assert restoring.notice(now=theatre.now())
    for _ in range(40):
        assert restoring.doubt_chunk(deletion, now=theatre.now(), size=10)
    with reading() as reads:
        assert restoring.doubt_chunk(deletion, now=theatre.now(), size=10)
    assert reads
    assert max(reads.values()) <= 3 * 10, reads


def test_what_is_not_armed_is_doubted_as_it_is_opened(theatre, monkeypatch, images, by) -> None:
    monkeypatch.setattr(arming, "CHUNK", 5)
    deletion = theatre.confirm(images(25), by=by)
    assert deletion.armed_at is None
    arming.arm_chunk(deletion, now=theatre.now())
    copy = Copy()
    arming.in_chunks(arming.arm_chunk, deletion, now=theatre.now())
    send(theatre, deletion, 5)
    for row in copy.rows[Deletion]:
        row.state = State.RUNNING
    copy.put_back()
    assert restoring.notice(now=theatre.now())
    assert not restoring.doubt_chunk(deletion, now=theatre.now())
    assert doubted(deletion) == 5
    assert restoring.is_under_way(deletion)
    assert [step for step, _ in agenda.unfinished_chunks(now=theatre.now())] == [arming.arm_chunk]
    arming.arm_chunk(deletion, now=theatre.now())
    assert restoring.doubt_chunk in [step for step, _ in agenda.unfinished_chunks(now=theatre.now())]
    while restoring.is_under_way():
        theatre.shift()
    assert doubted(deletion) == 25
    deletion = resumed(theatre, deletion, by)
    true_of(theatre, deletion)
    assert deletion.items.filter(evidence="seen", attempts=0).count() == 25, "all were gone, none was sent again"


def test_a_worker_process_sends_nothing_from_an_older_copy(
    sandbox, start, settings, images, confirm: Confirm, olga, tmp_path: Path, person: Person
) -> None:
    images(30)
    deletion = confirm(images(15))
    theatre = Theatre()
    theatre.sandbox = sandbox
    running_when_lost(theatre, deletion)
    jobs.wake(timezone.now())
    before = len(sandbox.ledger()["calls"])
    fast = {"TENSORSLAB_TIMEOUT": "2", "TENSORSLAB_BATCH_SIZE": "5", "TENSORSLAB_API_KEY": "test-key"}
    start("worker", **fast, VAR_DIR=str(tmp_path))
    until(lambda: older(deletion) and deletion.doubted_through == deletion.last_item)
    assert doubted(deletion) == 10
    assert "This database is older than what was done with it" in person.get(reverse("task-list")).content.decode()
    assert len(sandbox.ledger()["calls"]) == before

    assert person.post(url_of("resume", deletion)).status_code == 303

    def finished() -> bool:
        deletion.refresh_from_db()
        return deletion.state == State.FINISHED

    until(finished)
    assert (deletion.deleted, len(sandbox.deleted("image"))) == (15, 15)
    assert deletion.items.filter(attempts=0, outcome="deleted", evidence="seen").count() == 5
    assert AuditEvent.objects.filter(action="database.older").count() == 1
