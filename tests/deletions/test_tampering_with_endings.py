"""Somebody has the database, and nothing else, and exchanges endings: that is found, whatever else is corrected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.dispatch import closing, settlement
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from tests.audit.test_verify_audit import wrong
from tests.deletions.theatre import Theatre, playing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def theatre(settings, tmp_path, images) -> Iterator[Theatre]:
    settings.VAR_DIR, settings.DELETION_VERIFY = tmp_path, "all"
    images(5)
    yield from playing()


@pytest.fixture
def by(olga: User) -> actions.By:
    return actions.By(user=olga)


def exchange_two_endings(deletion: Deletion) -> None:
    """Of tasks that nothing was told of since."""
    untold = deletion.items.exclude(task_id__in=told(deletion)).order_by("pk")
    pks = [untold.filter(outcome=outcome)[0].pk for outcome in ("deleted", "refused")]
    for pk, outcome in zip(pks, ("refused", "deleted"), strict=True):
        DeletionItem.objects.filter(pk=pk).update(outcome=outcome)


def told(deletion: Deletion) -> list[str]:
    corrected = AuditEvent.objects.filter(subject=str(deletion.uuid), action="deletion.corrected")
    return [event.detail["task_id"] for event in corrected]


def test_endings_that_are_exchanged_while_others_are_corrected(theatre, settings, images, by, capsys) -> None:
    settings.DELETION_INSPECT_AFTER, settings.TENSORSLAB_BATCH_SIZE = (60.0,), 1
    tasks = images(8)
    refuse = {task.task_id: "Not allowed" for task in tasks[:2]}
    theatre.sandbox.control(refuse=refuse, rollback_after=10, rollback_share=0.5)
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    closing.Closer().tick(now=theatre.now())
    deletion = theatre.inspect(deletion)
    changed = [event.detail for event in AuditEvent.objects.filter(action="deletion.corrected")]
    assert {(detail["from"], detail["to"]) for detail in changed} == {("deleted", "refused")}
    assert wrong(capsys, "--reconcile") == ""
    exchange_two_endings(deletion)
    closing.Closer().tick(now=theatre.now())
    first, _ = AuditEvent.objects.filter(action="deletion.closed").order_by("sequence")
    assert f"it differs from entry {first.sequence}, which closed it, in: outcomes." in wrong(capsys, "--reconcile")


def test_endings_that_were_corrected_and_are_exchanged_afterwards(theatre, settings, images, by, capsys) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 1
    tasks = images(2)
    theatre.sandbox.control(refuse={tasks[0].task_id: "Not allowed"})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    closing.Closer().tick(now=theatre.now())
    exchange_two_endings(deletion)
    # As an inspection does that finds both.
    Deletion.objects.update(closed_at=None)
    for item in deletion.items.exclude(outcome="skipped"):
        before = {"refused": Outcome.DELETED, "deleted": Outcome.REFUSED}[item.outcome]
        action, detail = settlement.corrected(item.kind, item.task_id, before, Outcome(item.outcome), "")
        with transaction.atomic():
            chain.append(actor="", action=action, subject=str(deletion.uuid), detail=detail)
    assert wrong(capsys, "--reconcile") == ""
    by_outcome = dict(deletion.items.values_list("outcome", "pk"))
    DeletionItem.objects.filter(pk=by_outcome["deleted"]).update(outcome="refused")
    DeletionItem.objects.filter(pk=by_outcome["refused"]).update(outcome="deleted")
    closing.Closer().tick(now=theatre.now())
    assert "2 of its tasks did not end as it was last told of them." in wrong(capsys, "--reconcile")


def test_endings_that_are_exchanged_while_what_is_unknown_is_checked(theatre, settings, images, by, capsys) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 1
    tasks = images(4)
    theatre.sandbox.control(refuse={tasks[0].task_id: "Not allowed"})
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    deletion.items.filter(task_id=tasks[3].task_id).update(outcome="unknown", evidence=None, verified=None)
    Deletion.objects.update(deleted=2, unknown=1)
    closing.Closer().tick(now=theatre.now())
    actions.check_unknown(deletion=deletion, by=by, now=theatre.now())
    theatre.play(deletion, until=600)
    assert told(deletion) == [tasks[3].task_id]
    assert wrong(capsys, "--reconcile") == ""
    exchange_two_endings(deletion)
    closing.Closer().tick(now=theatre.now())
    first, _ = AuditEvent.objects.filter(action="deletion.closed").order_by("sequence")
    assert f"it differs from entry {first.sequence}, which closed it, in: outcomes." in wrong(capsys, "--reconcile")
