"""Ordinary ways of a deletion, in the middle of which somebody compares history with the log: it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import recording, slots
from dashboard.calls.models import ProviderCall
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.deletions import closing, inspecting, requests, settling, taking
from dashboard.deletions.models import Deletion, DeletionItem
from tests.audit.test_verify_audit import wrong
from tests.deletions.theatre import Theatre, playing

pytestmark = pytest.mark.django_db(transaction=True)

LOST = Verdict(ruling=Ruling.LOST, sentence="No answer came.")


@pytest.fixture
def theatre(settings, tmp_path, images) -> Iterator[Theatre]:
    settings.VAR_DIR, settings.DELETION_VERIFY = tmp_path, "all"
    images(5)
    yield from playing()


@pytest.fixture
def by(olga: User) -> requests.By:
    return requests.By(user=olga)


def test_while_what_is_unknown_is_checked(theatre: Theatre, images, by: requests.By, capsys) -> None:
    deletion = theatre.play(theatre.confirm(images(2), by=by))
    DeletionItem.objects.update(outcome="unknown", evidence=None, verified=None)
    Deletion.objects.update(deleted=0, unknown=2, said=0)
    closing.close_ended(now=theatre.now())
    assert wrong(capsys, "--reconcile") == ""
    requests.check_unknown(deletion=deletion, by=by, now=theatre.now())
    one = deletion.items.order_by("pk")[0]
    deletion.items.exclude(pk=one.pk).update(not_before=theatre.now() + timedelta(hours=1))
    theatre.play(deletion, until=600)
    deletion.refresh_from_db()
    assert (deletion.state, deletion.unknown) == ("running", 1)
    assert wrong(capsys, "--reconcile") == ""


def test_when_an_inspection_finds_a_task_there_and_then_nothing(
    theatre: Theatre, images, by: requests.By, settings, capsys
) -> None:
    settings.DELETION_INSPECT_AFTER = (600.0,)
    deletion = theatre.play(theatre.confirm(images(1), by=by))
    closing.close_ended(now=theatre.now())
    theatre.skip(601)
    assert inspecting.mark_chunk(deletion, now=theatre.now())
    DeletionItem.objects.update(there_times=1, failures=settings.DELETION_MAX_ATTEMPTS - 1)
    chunk = taking.prepare_inspection(now=theatre.now())
    assert chunk is not None
    [hold] = slots.take(1)
    assert taking.leave(chunk, hold, now=theatre.now())
    assert settling.settle(chunk.call_id, LOST, now=theatre.now())
    assert deletion.items.get().outcome == "unknown"
    assert AuditEvent.objects.filter(action="deletion.corrected").count() == 1
    for _ in range(2):
        assert wrong(capsys, "--reconcile") == ""
        closing.close_ended(now=theatre.now())


def test_entries_of_before_calls_had_a_purpose(db: None, capsys, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    answer = {"kind": "image", "http_status": 200, "code": 1000}
    with transaction.atomic():
        chain.append(actor="", action="call.look_up", detail={"call": 1, "ids": ["a"], **answer})
    digest = recording.digest(["a"])
    ProviderCall.objects.create(pk=1, operation="look_up", ids=1, digest=digest, state="answered", **answer)
    assert wrong(capsys, "--reconcile") == ""


def test_a_pseudonym_is_not_erased_once_more(db: None, capsys, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    with transaction.atomic():
        chain.append(actor="olga-1", action="user.signed_in", subject="olga-1")
    call_command("erase_person", "olga-1")
    with pytest.raises(CommandError, match="is a pseudonym already"):
        call_command("erase_person", AuditEvent.objects.get(action="user.signed_in").actor)
    capsys.readouterr()
    assert wrong(capsys) == ""
