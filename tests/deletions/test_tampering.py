"""Somebody has the database, and nothing else: whatever they change is found, and its place is named.

Their triggers are dropped and put back, so that nothing but the change is left to be seen.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.database import append_only
from dashboard.deletions import actions
from dashboard.deletions.dispatch import closing
from dashboard.deletions.models import Deletion
from dashboard.register.models import TrackedTask
from tests.audit.test_verify_audit import wrong
from tests.deletions import forged_log, forged_rows
from tests.deletions.theatre import Theatre, playing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def theatre(settings, tmp_path) -> Iterator[Theatre]:
    settings.VAR_DIR = tmp_path
    yield from playing()


@pytest.fixture
def deletion(theatre: Theatre, images, olga: User, settings) -> Deletion:
    """Ended: two tasks were deleted, two are refused, one was on hold."""
    images(3)
    chosen = images(5)
    theatre.sandbox.control(refuse={task.task_id: "Not allowed" for task in chosen[:2]})
    TrackedTask.objects.filter(pk=chosen[4].pk).update(held_by="alice")
    settings.TENSORSLAB_BATCH_SIZE, settings.DELETION_VERIFY = 1, "all"
    deletion = theatre.play(theatre.confirm(chosen, by=actions.By(user=olga)))
    assert (deletion.deleted, deletion.refused, deletion.skipped) == (2, 2, 1)
    closing.Closer().tick(now=theatre.now())
    return deletion


def test_what_nobody_touched_holds(deletion: Deletion, capsys) -> None:
    assert wrong(capsys, "--reconcile") == ""
    assert deletion.state == "finished"


def test_each_way_is_found(deletion: Deletion, capsys) -> None:
    missed = {}
    for tamper in [*forged_log.WAYS, *forged_rows.WAYS]:
        with transaction.atomic():
            append_only.drop(connection)
            expected = tamper()
            if tamper is not forged_log.drop_a_trigger:
                append_only.create(connection)
            if expected not in (said := wrong(capsys, "--reconcile")):
                missed[tamper.__name__] = f"{expected} ≠ {said}"
            transaction.set_rollback(True)
    assert missed == {}
    assert wrong(capsys, "--reconcile") == ""


def test_an_ending_that_an_inspection_corrects_is_closed_once_more(
    theatre: Theatre, images, olga: User, settings, capsys
) -> None:
    settings.DELETION_INSPECT_AFTER, settings.DELETION_VERIFY = (60.0,), "all"
    images(3)
    theatre.sandbox.control(rollback_after=10, rollback_share=0.5)
    deletion = theatre.play(theatre.confirm(images(8), by=actions.By(user=olga)))
    closing.Closer().tick(now=theatre.now())
    deletion = theatre.inspect(deletion)
    assert deletion.refused > 0
    assert wrong(capsys, "--reconcile") == ""
    closing.Closer().tick(now=theatre.now())
    closing.Closer().tick(now=theatre.now())
    assert wrong(capsys, "--reconcile") == ""
    assert AuditEvent.objects.filter(action="deletion.closed").count() == 2


def test_what_was_undone_is_closed_too(confirm, images, olga: User, settings, capsys) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    deletion = confirm(images(3))
    actions.undo(deletion=deletion, by=actions.By(user=olga), now=timezone.now())
    closing.Closer().tick(now=timezone.now())
    assert forged_log.entry("deletion.closed").detail["counts"]["kept"] == 3
    assert wrong(capsys, "--reconcile") == ""
