"""What `consent` looks for is found: each rule broken once, in a world where nothing else is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from dashboard.audit import chain
from dashboard.calls.models import ProviderCall
from dashboard.deletions.models import Deletion
from dashboard.register.models import HeldTask, Hold, HoldRelease, TrackedTask
from tests import consent
from tests.deletions.conftest import Confirm, work
from tests.past import Circumstances

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HOUR = timedelta(hours=1)


@pytest.fixture
def deletion(sandbox, confirm: Confirm, images: Callable[[int], list[TrackedTask]]) -> Deletion:
    return work(confirm(images(3)))


@pytest.fixture
def wrong(sandbox, deletion: Deletion) -> Callable[[], list[str]]:
    return lambda: list(consent.violations(sandbox.ledger(), Circumstances()))


def told(action: str, *, actor: str = "", subject: object = "", **detail: Any) -> None:
    with transaction.atomic():
        chain.append(actor=actor, action=action, subject=str(subject), detail=detail)


def asked(deletion: Deletion, **decided: object) -> None:
    Deletion.objects.filter(pk=deletion.pk).update(approval_asked_at=timezone.now() - HOUR, **decided)


def hold(deletion: Deletion, *, since: timedelta, until: timedelta | None = None) -> Hold:
    """On one of its tasks, as long before its call."""
    sent_at = ProviderCall.objects.filter(operation="delete").earliest("pk").sent_at
    assert sent_at is not None
    row = Hold.objects.create(by="li", reason="Legal case 12", placed_at=sent_at - since)
    release = until is not None and HoldRelease.objects.create(hold=row, released_at=sent_at - until)
    task = deletion.items.earliest("pk").tracked
    HeldTask.objects.create(task=task, hold=row, held_at=sent_at - since, release=release or None)
    return row


def test_nothing_is_wrong_with_what_nobody_had_to_agree_to(wrong) -> None:
    assert wrong() == []


def test_what_was_approved_before_it_left(deletion: Deletion, wrong) -> None:
    asked(deletion, decision="approved", decided_at=timezone.now() - HOUR)
    assert wrong() == []


@pytest.mark.parametrize("decision", [None, "declined", "withdrawn", "expired", "changed"])
def test_a_delete_that_nobody_approved(deletion: Deletion, wrong, decision: str | None) -> None:
    asked(deletion, **{"decision": decision, "decided_at": timezone.now() - HOUR} if decision else {})
    ours, theirs = wrong()
    assert "and it was approved at None" in ours
    assert "A delete of 3 arrived at" in theirs


def test_a_delete_that_was_approved_too_late(deletion: Deletion, wrong) -> None:
    asked(deletion, decision="approved", decided_at=timezone.now() + HOUR)
    assert len(wrong()) == 2


def test_a_task_that_was_held_when_it_left(deletion: Deletion, wrong) -> None:
    hold(deletion, since=HOUR)
    [sentence] = wrong()
    assert "li held it from" in sentence


def test_a_hold_that_was_released_before_or_placed_after(deletion: Deletion, wrong) -> None:
    hold(deletion, since=2 * HOUR, until=HOUR)
    hold(deletion, since=-HOUR)
    assert wrong() == []


def test_a_hold_that_may_not_have_been_there_yet(deletion: Deletion, wrong) -> None:
    row = hold(deletion, since=timedelta(seconds=1))
    assert wrong() == []
    # It surely was when its entry is older.
    row.tasks.update(held_at=row.placed_at - HOUR)
    assert len(wrong()) == 1


def test_who_decides_on_their_own(deletion: Deletion, wrong) -> None:
    told("deletion.approved", actor="olga", subject=deletion.uuid)
    [sentence] = wrong()
    assert "olga decided on their own deletion" in sentence


def test_two_decisions(deletion: Deletion, wrong) -> None:
    told("deletion.approved", actor="anna", subject=deletion.uuid)
    told("deletion.approval_expired", subject=deletion.uuid)
    [sentence] = wrong()
    assert "was decided on 2 times" in sentence


def test_a_decision_of_somebody_whose_account_was_closed(deletion: Deletion, wrong, monkeypatch) -> None:
    monkeypatch.setattr(consent, "AT_ONCE", timedelta(0))
    told("person.disabled", actor="alice", subject="anna")
    told("deletion.declined", actor="anna", subject=deletion.uuid)
    [sentence] = wrong()
    assert "anna was closed at" in sentence


def test_more_than_the_number_above_which_somebody_has_to_agree(deletion: Deletion, wrong, settings) -> None:
    settings.DELETION_APPROVAL_ABOVE = 3
    assert wrong() == []
    settings.DELETION_APPROVAL_ABOVE = 2
    [sentence] = wrong()
    assert "of 3 asked nobody, above 2 it has to" in sentence


def test_more_than_a_persons_limit(deletion: Deletion, wrong) -> None:
    told("person.limits_changed", subject="olga", before=None, after={"most_tasks": 2})
    # It was confirmed before the limit was set, or about then.
    assert wrong() == []
    Deletion.objects.filter(pk=deletion.pk).update(confirmed_at=timezone.now() + HOUR)
    [sentence] = wrong()
    assert "of 3 by olga asked nobody: [2]" in sentence


def test_a_limit_that_was_lifted_after_the_confirmation_excuses_nothing(deletion: Deletion, wrong, monkeypatch) -> None:
    monkeypatch.setattr(consent, "AT_ONCE", timedelta())
    told("person.limits_changed", subject="olga", before=None, after={"most_tasks": 2})
    Deletion.objects.filter(pk=deletion.pk).update(confirmed_at=timezone.now())
    told("person.limits_changed", subject="olga", before={"most_tasks": 2}, after=None)
    assert len(wrong()) == 1


def test_a_limit_that_was_lifted_while_the_confirmation_waited_for_the_database(
    wrong, monkeypatch, confirm: Confirm, images: Callable[[int], list[TrackedTask]]
) -> None:
    monkeypatch.setattr(consent, "AT_ONCE", timedelta())
    told("person.limits_changed", subject="olga", before=None, after={"most_tasks": 2})
    pressed_at = timezone.now()
    told("person.limits_changed", subject="olga", before={"most_tasks": 2}, after=None)
    late = confirm(images(3), now=pressed_at)
    assert (late.confirmed_at, late.approval_asked_at) == (pressed_at, None)
    assert wrong() == []
