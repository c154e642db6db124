"""Ordinary ways of a deletion, in the middle of which somebody compares history with the log: it holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import slots
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda, arming, closing, next_call, outcomes
from dashboard.deletions.evidence import inspecting
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.operations.reconciling import deletions, past
from dashboard.operations.reconciling.past import Past
from dashboard.operations.reconciling.seen import Seen
from dashboard.register.models import TrackedTask
from tests.audit.test_verify_audit import wrong
from tests.deletions.conftest import just_asked
from tests.deletions.small_world import take
from tests.deletions.theatre import Theatre, playing

pytestmark = pytest.mark.django_db(transaction=True)

DONE = Verdict(ruling=Ruling.SUCCESS, sentence="Done.", http_status=200, code=1000, status="Success")
LOST = Verdict(ruling=Ruling.LOST, sentence="No answer came.")


@pytest.fixture
def theatre(settings, tmp_path, images) -> Iterator[Theatre]:
    settings.VAR_DIR, settings.DELETION_VERIFY = tmp_path, "all"
    images(5)
    yield from playing()


@pytest.fixture
def by(olga: User) -> actions.By:
    return actions.By(user=olga)


def test_while_what_is_unknown_is_checked(theatre: Theatre, images, by: actions.By, capsys) -> None:
    deletion = theatre.play(theatre.confirm(images(2), by=by))
    DeletionItem.objects.update(outcome="unknown", evidence=None, verified=None)
    Deletion.objects.update(deleted=0, unknown=2, said=0)
    closing.Closer().tick(now=theatre.now())
    assert wrong(capsys, "--reconcile") == ""
    actions.check_unknown(deletion=deletion, by=by, now=theatre.now())
    one = deletion.items.order_by("pk")[0]
    deletion.items.exclude(pk=one.pk).update(not_before=theatre.now() + timedelta(hours=1))
    theatre.play(deletion, until=600)
    deletion.refresh_from_db()
    assert (deletion.state, deletion.unknown) == ("running", 1)
    assert wrong(capsys, "--reconcile") == ""


def test_when_an_inspection_finds_a_task_there_and_then_nothing(
    theatre: Theatre, images, by: actions.By, settings, capsys
) -> None:
    settings.DELETION_INSPECT_AFTER = (600.0,)
    deletion = theatre.play(theatre.confirm(images(1), by=by))
    closing.Closer().tick(now=theatre.now())
    theatre.skip(601)
    assert inspecting.mark_chunk(deletion, now=theatre.now())
    DeletionItem.objects.update(there_times=1, failures=settings.DELETION_MAX_ATTEMPTS - 1)
    chunk = next_call.prepare_inspection(now=theatre.now())
    assert chunk is not None
    [slot] = slots.take(1)
    assert next_call.leave(chunk, slot, now=theatre.now())
    assert outcomes.settle(chunk.call.pk, LOST, now=theatre.now())
    assert deletion.items.get().outcome == "unknown"
    assert AuditEvent.objects.filter(action="deletion.corrected").count() == 1
    for _ in range(2):
        assert wrong(capsys, "--reconcile") == ""
        closing.Closer().tick(now=theatre.now())


def test_a_pseudonym_is_not_erased_once_more(db: None, capsys, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    with transaction.atomic():
        chain.append(actor="olga-1", action="user.signed_in", subject="olga-1")
    call_command("erase_person", "olga-1")
    with pytest.raises(CommandError, match="is a pseudonym already"):
        call_command("erase_person", AuditEvent.objects.get(action="user.signed_in").actor)
    capsys.readouterr()
    assert wrong(capsys) == ""


def test_while_calls_go_on_in_the_middle_of_it(theatre: Theatre, settings, images, by, monkeypatch, capsys) -> None:
    """A deletion's row, entries and items are read one after the other, and a call of it is settled in between."""
    settings.TENSORSLAB_BATCH_SIZE = 1
    theatre.confirm(images(4), by=by)
    agenda.begin_due(now=theatre.now())
    just_asked()
    read = deletions.seen

    def make_a_call() -> None:
        try:
            chunk = take(slots.take(1)[0])
            assert chunk is not None
            outcomes.settle(chunk.call.pk, DONE, now=theatre.now(), sent=chunk.call)
        finally:
            connection.close()

    def read_slowly(row: Deletion, until: Past) -> Seen:
        worker = threading.Thread(target=make_a_call)
        worker.start()
        worker.join()
        return read(row, until)

    monkeypatch.setattr(deletions, "seen", read_slowly)
    assert wrong(capsys, "--reconcile") == ""
    assert Deletion.objects.get().deleted == 1


def test_what_became_busy_after_it_was_confirmed(theatre: Theatre, images, by, monkeypatch, capsys) -> None:
    monkeypatch.setattr(arming, "CHUNK", 1)
    tasks = images(3)
    deletion = theatre.confirm(tasks, by=by)
    TrackedTask.objects.filter(pk=tasks[0].pk).update(held_by="alice", held_reason="Legal case")
    deletion = theatre.play(deletion)
    assert (deletion.skipped, deletion.deleted) == (1, 2)
    closing.Closer().tick(now=theatre.now())
    assert wrong(capsys, "--reconcile") == ""


def test_changes_that_are_too_many_to_be_remembered(theatre, images, by, settings, monkeypatch, capsys) -> None:
    monkeypatch.setattr(past, "MOST", 1)
    settings.DELETION_INSPECT_AFTER = (60.0,)
    theatre.sandbox.control(rollback_after=10)
    deletion = theatre.play(theatre.confirm(images(3), by=by))
    closing.Closer().tick(now=theatre.now())
    deletion = theatre.inspect(deletion)
    assert deletion.refused == 3
    assert wrong(capsys, "--reconcile") == ""
    Deletion.objects.update(refused=2, deleted=1)
    DeletionItem.objects.filter(pk=deletion.first_item).update(outcome="deleted")
    first = AuditEvent.objects.get(action="deletion.closed").sequence
    assert f"it differs from entry {first}, which closed it, in: counts." in wrong(capsys, "--reconcile")
