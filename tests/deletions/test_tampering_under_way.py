"""Somebody has the database, and nothing else, while a deletion is under way: what it then sends, or says, is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts, recording, slots
from dashboard.calls.models import ProviderCall, Worker
from dashboard.calls.sending import perform
from dashboard.calls.verdicts import Verdict
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda, closing, next_call, outcomes, recovery
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register.models import TrackedTask
from tests.audit.test_verify_audit import wrong
from tests.deletions.conftest import just_asked
from tests.deletions.small_world import take
from tests.deletions.theatre import Theatre, playing

pytestmark = pytest.mark.django_db(transaction=True)

EXCHANGED = "its items are not those that were confirmed."


@pytest.fixture
def theatre(settings, tmp_path, images) -> Iterator[Theatre]:
    settings.VAR_DIR, settings.DELETION_VERIFY = tmp_path, "all"
    images(5)
    yield from playing()


@pytest.fixture
def by(olga: User) -> actions.By:
    return actions.By(user=olga)


def exchange(deletion: Deletion, others: list[TrackedTask]) -> list[str]:
    """Puts other tasks in the place of its own; returns what was there."""
    mine = list(deletion.items.exclude(outcome="skipped").order_by("pk"))
    for item, other in zip(mine, others, strict=True):
        DeletionItem.objects.filter(pk=item.pk).update(task_id=other.task_id)
    return [item.task_id for item in mine]


def put_back(deletion: Deletion, task_ids: list[str]) -> None:
    for item, task_id in zip(deletion.items.exclude(outcome="skipped").order_by("pk"), task_ids, strict=True):
        DeletionItem.objects.filter(pk=item.pk).update(task_id=task_id)


def sent(theatre: Theatre) -> tuple[next_call.Chunk, Verdict]:
    """A call that was answered, before its books are written."""
    agenda.begin_due(now=theatre.now())
    just_asked()
    chunk = take(slots.take(1)[0])
    assert chunk is not None
    return chunk, perform(chunk.call, deadline=float("inf"))


def give_up(theatre: Theatre) -> None:
    """Another worker does, once it has seen twice that the lease has run out."""
    tender = recovery.Tender("another", clock=theatre.now)
    tender.tick()
    tender.tick()


def skip_one(deletion: Deletion) -> None:
    DeletionItem.objects.filter(pk=deletion.first_item).update(outcome="skipped", open=False, settled_at=timezone.now())
    Deletion.objects.update(waiting=F("waiting") - 1, skipped=F("skipped") + 1)


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("skipped", [False, True])
def test_other_tasks_than_were_confirmed_are_found(
    theatre, settings, images, by, capsys, caplog, skipped, closed
) -> None:
    settings.DELETION_VERIFY = "none"  # or the others, which are gone, might be drawn as witnesses
    others = images(3)
    deletion = theatre.confirm(images(4 if skipped else 3), by=by)
    if skipped:
        skip_one(deletion)
    exchange(deletion, others)
    assert theatre.play(deletion).state == "finished"
    assert theatre.sandbox.deleted("image") == {task.task_id for task in others}
    if closed:
        closing.Closer().tick(now=theatre.now())
        assert f"The items of deletion {deletion} are not those that were confirmed." in caplog.text
    assert EXCHANGED in wrong(capsys, "--reconcile")


def test_a_closing_entry_tells_that_they_were_others_then(theatre, settings, images, by, capsys) -> None:
    settings.DELETION_VERIFY = "none"  # as above
    others = images(3)
    deletion = theatre.confirm(images(3), by=by)
    mine = exchange(deletion, others)
    theatre.play(deletion)
    closing.Closer().tick(now=theatre.now())
    put_back(deletion, mine)
    closed = AuditEvent.objects.get(action="deletion.closed").sequence
    said = wrong(capsys, "--reconcile")
    assert f"its items were not those that were confirmed when entry {closed} closed it." in said
    assert "its calls did not carry what its items say that they carried." in said


def test_what_is_put_back_before_its_answer_is_told_as_it_was_sent(theatre, images, by, capsys) -> None:
    others = images(3)
    deletion = theatre.confirm(images(3), by=by)
    mine = exchange(deletion, others)
    chunk, verdict = sent(theatre)
    put_back(deletion, mine)
    ProviderCall.objects.update(digest=recording.digest(mine))
    outcomes.settle(chunk.call.pk, verdict, now=theatre.now(), sent=chunk.call)
    said = wrong(capsys, "--reconcile")
    assert "its calls did not carry what its items say that they carried." in said
    assert "in: digest." in said


@pytest.mark.parametrize("changed", ["operation", "kind", "deletion"])
def test_a_call_whose_row_is_changed_before_its_answer_is_told_as_it_was_sent(
    theatre, images, by, capsys, changed
) -> None:
    deletion, other = theatre.confirm(images(2), by=by), theatre.confirm(images(1), by=by)
    chunk, verdict = sent(theatre)
    forged = {"operation": "look_up", "kind": "video", "deletion": other.uuid}
    ProviderCall.objects.filter(pk=chunk.call.pk).update(**{changed: forged[changed]})
    outcomes.settle(chunk.call.pk, verdict, now=theatre.now(), sent=chunk.call)
    entry = AuditEvent.objects.get(action="call.delete")
    assert (entry.subject, entry.detail["kind"]) == (str(deletion.uuid), "image")
    deletion.refresh_from_db()
    assert deletion.deleted == 2
    assert f"Call {chunk.call.pk} differs from entry {entry.sequence} in: {changed}." in wrong(capsys, "--reconcile")


@pytest.mark.parametrize("removed", [False, True])
def test_a_call_that_is_given_up_or_removed_before_its_answer_is_told_as_it_was_sent(
    theatre, images, by, capsys, removed
) -> None:
    others = images(3)
    deletion = theatre.confirm(images(3), by=by)
    mine = exchange(deletion, others)
    chunk, verdict = sent(theatre)
    put_back(deletion, mine)
    call = ProviderCall.objects.filter(pk=chunk.call.pk)
    call.update(lease_until=timezone.now() - timedelta(hours=1), digest=recording.digest(mine))
    give_up(theatre)
    if removed:
        DeletionItem.objects.filter(call=chunk.call.pk).update(call=None)
        call.delete()
    assert not outcomes.settle(chunk.call.pk, verdict, now=theatre.now(), sent=chunk.call)
    entry = AuditEvent.objects.get(action="call.overtaken")
    assert set(entry.detail["ids"]) == {task.task_id for task in others}
    expected = f"Call {chunk.call.pk} carried what entry {entry.sequence} says, and it was told otherwise before."
    assert expected in wrong(capsys, "--reconcile")


def test_a_late_answer_of_what_was_told_rightly_is_no_difference(theatre, images, by, capsys) -> None:
    theatre.confirm(images(3), by=by)
    chunk, verdict = sent(theatre)
    ProviderCall.objects.filter(pk=chunk.call.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    give_up(theatre)
    assert not outcomes.settle(chunk.call.pk, verdict, now=theatre.now(), sent=chunk.call)
    assert AuditEvent.objects.get(action="call.overtaken").detail["call"] == chunk.call.pk
    assert wrong(capsys, "--reconcile") == ""


def test_a_call_whose_moment_is_taken_out_before_its_answer(theatre, images, by, capsys) -> None:
    others = images(3)
    deletion = theatre.confirm(images(3), by=by)
    mine = exchange(deletion, others)
    chunk, verdict = sent(theatre)
    ProviderCall.objects.update(sent_at=None)
    outcomes.settle(chunk.call.pk, verdict, now=theatre.now(), sent=chunk.call)
    ProviderCall.objects.update(state="not_sent")
    put_back(deletion, mine)
    DeletionItem.objects.update(outcome="refused", attempts=0)
    Deletion.objects.update(deleted=0, refused=3, closed_at=None)
    said = wrong(capsys, "--reconcile")
    assert "its calls did not carry what its items say that they carried." in said
    assert "in: state." in said


def test_a_deletion_that_is_called_undone_and_nobody_undid(theatre, settings, images, by, capsys) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    deletion = theatre.confirm(images(2), by=by)
    Deletion.objects.update(state="cancelled", finished_at=theatre.now())
    theatre.shift()
    closing.Closer().tick(now=theatre.now())
    assert theatre.sandbox.deleted("image") == set()
    expected = f"Deletion {deletion.uuid}: it is cancelled, and the log says otherwise whether it was undone."
    assert expected in wrong(capsys, "--reconcile")


def test_a_deletion_that_nobody_confirmed_and_that_is_hidden_again(theatre, images, by, capsys) -> None:
    wanted = TrackedTask.objects.filter(pk__in=[task.pk for task in images(2)])
    deletion = freezing.freeze_tasks(tasks=wanted, actor=by.user)
    now = theatre.now()
    forged = {"state": "scheduled", "key": accounts.current_key()}
    Deletion.objects.update(**forged, confirmed_at=now, starts_at=now)
    assert theatre.play(deletion).deleted == 2
    Deletion.objects.update(state="discarded")
    sent = AuditEvent.objects.get(action="call.delete").sequence
    assert f"Entry {sent} tells of a delete that no entry before it confirmed." in wrong(capsys, "--reconcile")


def test_a_deletion_that_was_undone_and_goes_on_all_the_same(theatre, settings, images, by, capsys) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    deletion = theatre.confirm(images(2), by=by)
    actions.undo(deletion=deletion, by=by, now=theatre.now())
    DeletionItem.objects.update(outcome="waiting", open=True)
    Deletion.objects.update(state="running", waiting=2, kept=0)
    assert theatre.play(deletion).deleted == 2
    assert "1 deletes of it left after it was undone, stopped or closed." in wrong(capsys, "--reconcile")


def test_a_deletion_that_was_stopped_and_goes_on_all_the_same(theatre, settings, images, by, capsys) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 1
    deletion = theatre.confirm(images(3), by=by)
    agenda.begin_due(now=theatre.now())
    just_asked()
    chunk = take(slots.take(1)[0])
    assert chunk is not None
    actions.stop_rest(deletion=deletion, by=by, now=theatre.now())
    verdict = perform(chunk.call, deadline=float("inf"))
    outcomes.settle(chunk.call.pk, verdict, now=theatre.now(), sent=chunk.call)
    assert wrong(capsys, "--reconcile") == ""
    DeletionItem.objects.filter(outcome="kept").update(outcome="waiting", open=True, settled_at=None)
    Deletion.objects.update(stopped_at=None, waiting=2, kept=0)
    assert theatre.play(deletion).deleted == 3
    assert "2 deletes of it left after it was undone, stopped or closed." in wrong(capsys, "--reconcile")


def test_what_is_never_closed_or_completed_is_told_while_a_worker_runs(theatre, images, by, capsys) -> None:
    deletion = theatre.play(theatre.confirm(images(1), by=by))
    now = timezone.now()
    Deletion.objects.update(finished_at=now - timedelta(hours=1))
    call = ProviderCall.objects.create(
        operation="delete", kind="image", ids=1, state="ready", lease_until=now - timedelta(hours=1)
    )
    assert wrong(capsys, "--reconcile") == ""
    Worker.objects.create(name="one", started_at=now - timedelta(minutes=1), beat_at=now)
    assert wrong(capsys, "--reconcile") == ""
    Worker.objects.update(started_at=now - timedelta(hours=1))
    said = wrong(capsys, "--reconcile")
    assert f"Deletion {deletion.uuid}: it ended long ago and no entry says how, although a worker runs." in said
    assert f"Call {call.pk} is ready, and its lease ran out long ago although a worker runs." in said


@pytest.mark.parametrize("number", [50, 51])
def test_that_there_are_more_differences_than_are_told(theatre, capsys, number) -> None:
    calls = [ProviderCall(operation="look_up", kind="image", ids=1, state="answered") for _ in range(number)]
    ProviderCall.objects.bulk_create(calls)
    said = wrong(capsys, "--reconcile")
    assert said.count("has no entry.") == 50
    assert said.endswith("These are the first 50; there are more.") == (number > 50)
