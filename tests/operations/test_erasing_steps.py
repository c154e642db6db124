"""An erasure takes many short transactions: it may end after each, and others go on beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from dashboard.audit import chain, commitments
from dashboard.audit.models import AuditEvent
from dashboard.database import append_only, locks
from dashboard.deletions import actions
from dashboard.deletions.dispatch import closing
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.operations import erasing
from dashboard.register.models import TrackedTask
from tests.audit.test_verify_audit import wrong
from tests.deletions.conftest import meeting
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "olga-1"


class Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(erasing, "BATCH", 1)
    monkeypatch.setattr(erasing, "ADDED", 1)
    monkeypatch.setattr(erasing, "PAUSE", 0.0)


@pytest.fixture
def olga() -> User:
    """She has two deletions that she undid, a hold, a draft that skips it, and was spoken of by others."""
    olga = UserFactory(username=NAME, role="operator")
    by = actions.By(user=olga, address="10.1.2.3")
    for _ in range(2):
        now, tasks = timezone.now(), TrackedTaskFactory.create_batch(2)
        wanted = TrackedTask.objects.filter(pk__in=[task.pk for task in tasks])
        deletion = freezing.freeze_tasks(tasks=wanted, actor=olga)
        actions.confirm(deletion=deletion, by=by, reason="Mine", typed="2", now=now)
        actions.undo(deletion=deletion, by=by, now=now + timedelta(seconds=1))
    TrackedTaskFactory(held_by=NAME, held_reason="Mine")
    TrackedTaskFactory.create_batch(3, added_by=NAME)
    freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga, reason="Mine")
    closing.Closer().tick(now=timezone.now())
    for actor in ("paul-1", ""):
        with transaction.atomic():
            chain.append(actor=actor, address="10.1.2.3", action="user.changed", subject=NAME)
    olga.is_active = False
    olga.save()
    return olga


def killed(seconds: float) -> None:
    """A pause in which the process is killed."""
    raise Killed


@contextmanager
def beside() -> Iterator[CursorWrapper]:
    """A transaction on a connection of its own."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            yield cursor
        other.rollback()
    finally:
        other.close()


def named() -> int:
    rows = [erasing._acts(NAME), erasing._told_of(NAME), Deletion.objects.filter(actor_name=NAME)]
    summed = sum("Held: Mine" in str(facts) for facts in Deletion.objects.values_list("facts", flat=True))
    tasks = [TrackedTask.objects.filter(held_by=NAME), TrackedTask.objects.filter(added_by=NAME)]
    return summed + sum(some.count() for some in [*rows, *tasks])


def holds(capsys: pytest.CaptureFixture[str]) -> None:
    """The log does, history says what it says, and it can't be changed."""
    capsys.readouterr()
    assert wrong(capsys, "--reconcile") == ""
    assert append_only.missing(connection) == append_only.altered(connection) == []


def is_done() -> None:
    assert named() == 0
    pseudonym = AuditEvent.objects.get(action="person.erased").subject
    assert set(AuditEvent.objects.filter(subject__startswith="erased-").values_list("subject", flat=True)) == {
        pseudonym
    }
    assert Deletion.objects.filter(actor_name=pseudonym).count() == 3
    assert not Deletion.objects.exclude(reason="").exists()
    assert TrackedTask.objects.get(held_by=pseudonym).held_reason == ""
    assert TrackedTask.objects.filter(added_by=pseudonym).count() == 3


def test_it_may_be_killed_after_every_transaction_and_is_completed_under_one_pseudonym(olga: User, capsys) -> None:
    before, runs = named() + 1, 0
    while True:
        try:
            pseudonym, names = erasing.erase(NAME, sleep=killed)
            break
        except Killed:
            holds(capsys)
            assert named() < before
            before, runs = named(), runs + 1
    assert runs == 12
    holds(capsys)
    is_done()
    assert AuditEvent.objects.get(action="person.erased").subject == pseudonym
    # Two confirmations, two undoings, what was said of her twice, and the entry that began it.
    assert names == 7


def test_the_key_may_be_changed_before_it_is_completed(olga: User, settings, capsys) -> None:
    for _ in range(6):
        with pytest.raises(Killed):
            erasing.erase(NAME, sleep=killed)
    settings.AUDIT_KEYS = ["another", *settings.AUDIT_KEYS]
    holds(capsys)
    erasing.erase(NAME)
    holds(capsys)
    assert named() == 0


@pytest.mark.parametrize("number", range(8))
def test_it_may_be_killed_in_a_transaction(olga: User, capsys, number: int) -> None:
    calls = iter(range(100))

    def dies() -> None:
        if next(calls) == number:
            raise Killed

    with meeting("UPDATE audit_auditevent SET", dies):
        if number < 7:
            with pytest.raises(Killed):
                erasing.erase(NAME)
            assert named()
        else:
            erasing.erase(NAME)
    holds(capsys)
    erasing.erase(NAME)
    holds(capsys)
    is_done()


def test_nobody_waits_for_longer_than_one_transaction(olga: User) -> None:
    states: list[bool] = []
    erasing.erase(NAME, sleep=lambda seconds: states.append(connection.in_atomic_block))
    assert states == [False] * 12


def test_who_reads_the_chain_meanwhile_finds_that_it_holds(olga: User, monkeypatch) -> None:
    mismatch = commitments.mismatch

    def slowly(event: AuditEvent) -> str:
        # Those that follow are read already, as they were.
        if event.sequence == 4 and named():
            erasing.erase(NAME)
        return mismatch(event)

    monkeypatch.setattr(commitments, "mismatch", slowly)
    assert chain.verify() is None
    assert named() == 0


@pytest.mark.postgres
def test_a_backup_neither_waits_nor_is_waited_for(olga: User) -> None:
    with beside() as backup:
        backup.execute("SELECT COUNT(*) FROM audit_auditevent")
        erasing.erase(NAME)
        backup.execute("SELECT COUNT(*) FROM audit_auditevent WHERE actor = %s", [NAME])
    is_done()


@pytest.mark.postgres
def test_who_finds_the_log_in_use_is_told_so_and_goes_on_later(olga: User, capsys, monkeypatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE", "50ms")
    with beside() as long:
        long.execute("LOCK TABLE audit_auditevent IN SHARE UPDATE EXCLUSIVE MODE")
        with pytest.raises(CommandError, match="something else that takes long, is using what names “olga-1”"):
            call_command("erase_person", NAME)
    assert not User.objects.filter(username=NAME).exists()
    holds(capsys)
    call_command("erase_person", NAME)
    holds(capsys)
    is_done()
