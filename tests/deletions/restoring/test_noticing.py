"""An older copy of the database in its place is noticed, once, by whoever comes first, until somebody resumes."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction

from dashboard.audit import chain, heads
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.calls import accounts, recording, sending
from dashboard.calls.models import Account
from dashboard.calls.verdicts import Unanswered, judge_delete
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda, jobs, restoring
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.operations.management.commands.run import Command as Run
from dashboard.register.refreshing import refresh
from tests.deletions.restoring.copies import (
    Copy,
    older,
    running_when_lost,
    send,
    sent,
    start,
    true_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_noticed_once_and_not_again_after_resume(theatre, images, by, folder: Path) -> None:
    deletion = theatre.confirm(images(10), by=by)
    copy = Copy()
    send(theatre, deletion, 1)
    # Scheduled then, it would have to be resumed by itself.
    for row in copy.rows[Deletion]:
        row.state = State.RUNNING
    copy.put_back()
    assert restoring.notice(now=theatre.now())
    for _ in range(3):
        start(theatre)
        assert not restoring.notice(now=theatre.now())
    assert older(deletion)
    assert AuditEvent.objects.filter(action="database.older").count() == 1
    assert heads.behind()

    actions.resume(deletion=deletion, by=by, now=theatre.now())

    assert heads.behind() is None
    assert not restoring.notice(now=theatre.now())
    assert accounts.current().paused_reason == ""
    start(theatre)
    true_of(theatre, theatre.play(deletion, stay=True))
    assert AuditEvent.objects.filter(action="database.older").count() == 1


def test_who_has_the_database_alone_can_not_make_it_forget(theatre, images, by) -> None:
    """They add an entry that says that it was told already, of a time to come."""
    running_when_lost(theatre, theatre.confirm(images(10), by=by))
    last = AuditEvent.objects.order_by("-sequence")[0]
    told = {"seen_at": "2999-01-01T00:00:00+00:00"}
    forged = AuditEvent(sequence=last.sequence + 1, at=last.at, action="database.older", detail=told)
    forged.previous_hash, forged.hash = last.hash, "0" * 64
    forged.save(force_insert=True)
    AuditHead.objects.update(sequence=forged.sequence, hash=forged.hash)
    assert restoring.notice(now=theatre.now())
    assert heads.behind()


def test_another_machine_that_saw_less_of_it_does_not_notice_it_again(
    theatre, images, by, settings, tmp_path: Path
) -> None:
    """Each has its own folder. What was resumed for one is over for all, and each forgets what it saw."""
    deletion = theatre.confirm(images(25), by=by)
    send(theatre, deletion, 1)
    copy = Copy()
    settings.VAR_DIR = tmp_path / "another"
    heads._process = heads._Process()
    send(theatre, deletion, 1)
    settings.VAR_DIR = tmp_path
    heads._process = heads._Process()
    send(theatre, deletion, 1)
    copy.put_back()
    assert restoring.notice(now=theatre.now())
    settings.VAR_DIR = tmp_path / "another"
    assert heads.behind()
    assert not restoring.notice(now=theatre.now())
    settings.VAR_DIR = tmp_path
    start(theatre)
    actions.resume(deletion=deletion, by=by, now=theatre.now())
    settings.VAR_DIR = tmp_path / "another"
    assert not restoring.notice(now=theatre.now())
    assert heads.behind() is None
    assert accounts.current().paused_reason == ""


def test_a_second_loss_is_noticed_as_well(theatre, images, by) -> None:
    deletion = theatre.confirm(images(25), by=by)
    send(theatre, deletion, 1)
    copy = Copy()
    for _ in range(2):
        send(theatre, deletion, 1)
        copy.put_back()
        start(theatre)
        assert older(deletion)
        actions.resume(deletion=deletion, by=by, now=theatre.now())
        agenda.heed_account(now=theatre.now())
        deletion.refresh_from_db()
        assert deletion.state == State.RUNNING
        Deletion.objects.update(doubted_through=None)
        DeletionItem.objects.filter(outcome="unknown").update(outcome="waiting", not_before=None)
        Deletion.objects.update(waiting=20, unknown=0)
    true_of(theatre, theatre.play(deletion, stay=True))


def test_no_answer_changes_or_lifts_this_pause(theatre, settings, images, by) -> None:
    deletion = theatre.confirm(images(10), by=by)
    running_when_lost(theatre, deletion)
    restoring.notice(now=theatre.now())
    reason = restoring.why()
    theatre.sandbox.control(queue=["401:before:delete"])
    verdict = sending.perform(recording.Call(1, "delete", "image", "", None, ["x"]), deadline=float("inf"))
    with transaction.atomic():
        accounts.learn(verdict, host=accounts.current_host(), now=theatre.now(), jitter=0)
    lost = judge_delete(Unanswered("No answer."))
    for _ in range(50):
        accounts.learn(lost, host=accounts.current_host(), now=theatre.now(), jitter=0)
    assert restoring.why() == reason != ""
    Account.objects.update(rest_until=None)
    before = sent(theatre)
    assert "older than what was done" in refresh(older_than=timedelta(), limit=None, actor="a").stopped
    assert sent(theatre) == before
    accounts.prove(accounts.current())
    assert restoring.why() == reason


def test_refreshing_stops_and_says_why(theatre, images, by, capsys) -> None:
    running_when_lost(theatre, theatre.confirm(images(10), by=by))
    restoring.notice(now=theatre.now())
    before = sent(theatre)
    with pytest.raises(SystemExit, match="This database is older than what was done with it"):
        call_command("refresh_tasks", older_than=0)
    assert sent(theatre) == before
    assert restoring.why()


def test_a_job_looks_before_it_sends(theatre, images, by) -> None:
    deletion = theatre.confirm(images(10), by=by)
    running_when_lost(theatre, deletion)
    before = sent(theatre)
    jobs.send.func()
    assert sent(theatre) == before
    assert older(deletion)


def test_a_tender_looks_again_for_a_failover(theatre, images, by) -> None:
    deletion = theatre.confirm(images(10), by=by)
    tender = Tender("t", clock=theatre.now)
    tender.tick()
    running_when_lost(theatre, deletion)
    for _ in range(5):
        assert not older(deletion)
        tender.tick()
    assert older(deletion)


def test_a_folder_that_can_not_be_written_is_no_reason_to_refuse(
    theatre, images, by, monkeypatch, caplog: pytest.LogCaptureFixture
) -> None:
    deletion = theatre.confirm(images(10), by=by)
    running_when_lost(theatre, deletion)
    start(theatre)

    def fails() -> None:
        raise PermissionError(13, "Permission denied", "/var/heads")

    monkeypatch.setattr(heads, "accept", fails)
    with caplog.at_level(logging.WARNING):
        actions.resume(deletion=deletion, by=by, now=theatre.now())
    assert "can't be forgotten: [Errno 13] Permission denied" in caplog.text
    assert heads.behind()
    assert not restoring.notice(now=theatre.now())
    assert restoring.why() == ""
    true_of(theatre, theatre.play(deletion, stay=True))


def test_a_log_that_went_on_says_what_it_lacks(theatre, images, by) -> None:
    running_when_lost(theatre, theatre.confirm(images(10), by=by))
    lost = heads.behind()
    assert lost
    for _ in range(10):
        with transaction.atomic():
            chain.append(actor="olga", action="signed.in")
    restoring.notice(now=theatre.now())
    seen = f"entry {lost.seen.sequence} of {lost.seen.at:%-d %b %Y, %H:%M:%S} UTC"
    assert f": {seen} was seen, and its log lacks it. " in restoring.why()


def test_a_database_that_lacks_nothing_is_left_alone(theatre, images, by, django_assert_max_num_queries) -> None:
    deletion = send(theatre, theatre.confirm(images(10), by=by), 1)
    with django_assert_max_num_queries(2):
        assert not restoring.notice(now=theatre.now())
    assert restoring.why() == ""
    true_of(theatre, theatre.play(deletion))
    assert deletion.doubted_through is None


def test_the_start_says_so(theatre, settings, images, by, tmp_path: Path, capsys) -> None:
    running_when_lost(theatre, theatre.confirm(images(10), by=by))
    settings.STATIC_ROOT = tmp_path / "static"
    Run().prepare()
    assert "This database is older than what was done with it: its log ends with" in capsys.readouterr().out
    assert restoring.why()
