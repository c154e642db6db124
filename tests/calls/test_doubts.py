"""When an account's look-ups can't be trusted, and until when."""

from __future__ import annotations

import pytest
from django.db import transaction

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts, controls, doubts, ghost_forms
from dashboard.calls.controls import Purpose
from dashboard.calls.ghost_forms import THERE
from dashboard.calls.judging import Finding
from dashboard.calls.models import Account
from tests.calls.answers import BUSY, NO_TASK, at, judged, tell, usual

pytestmark = pytest.mark.django_db


def test_where_ghosts_are_found_nothing_is_believed() -> None:
    tell(Purpose.GHOST, *[THERE] * ghost_forms.GHOSTS, seconds=10)
    assert judged(THERE, seconds=5) == Finding.NOTHING
    assert "never existed" in Account.objects.get().doubt


def test_three_tasks_that_are_not_found_put_the_account_in_doubt_until_one_is() -> None:
    usual(0)
    for number in range(3):
        tell(Purpose.WITNESS, NO_TASK, seconds=10 + number, task_id=f"w{number}")
    account = Account.objects.get()
    assert account.doubt.startswith("TensorsLab answers as if none of your tasks existed, not even w0: is this key")
    assert account.doubted_at == at(12)
    assert judged(NO_TASK, seconds=5) is None
    tell(Purpose.WITNESS, THERE, seconds=20)
    account.refresh_from_db()
    assert (account.doubt, account.trusted_since) == ("", at(20))
    tell(Purpose.GHOST, *[NO_TASK] * ghost_forms.GHOSTS, seconds=21)
    assert judged(NO_TASK, seconds=5) == Finding.VOID, "it was asked before"
    told = AuditEvent.objects.order_by("sequence").values_list("action", flat=True)
    assert list(told) == ["account.doubted", "account.trusted"]


@pytest.mark.once
def test_maintenance_is_no_missing_witness_but_brings_no_usable_answer() -> None:
    usual(0)
    tell(Purpose.WITNESS, *[BUSY] * 5, seconds=10)
    account = Account.objects.get()
    assert account.doubt.startswith("Look-ups bring no usable answer, not even about tasks that exist.")
    assert account.controls.get().missed == []


@pytest.mark.once
def test_in_doubt_the_pauses_grow_with_the_time_it_lasts() -> None:
    usual(0)
    pauses = []
    for number, seconds in enumerate([10, 11, 12, 40, 400]):
        control = tell(Purpose.WITNESS, NO_TASK, seconds=seconds, task_id=f"w{number}")
        pauses.append((control.next_at - at(seconds)).total_seconds())
    assert pauses[2:] == [2, 14, 60]


def test_nothing_left_that_could_vouch_may_be_accepted_by_name_until_a_witness_is_found() -> None:
    account = accounts.current()
    tell(Purpose.GHOST, *[NO_TASK] * ghost_forms.GHOSTS, seconds=10)
    assert not doubts.may_accept(account, now=at(11))
    with transaction.atomic():
        controls.note_exhausted("image", now=at(11))
    account.refresh_from_db()
    assert account.doubt == doubts.NO_WITNESS
    assert doubts.may_accept(account, now=at(11))
    doubts.accept(account, by="olga")
    assert judged(NO_TASK, seconds=5) == Finding.GONE
    assert not doubts.may_accept(Account.objects.get(), now=at(11))
    tell(Purpose.WITNESS, THERE, seconds=20)
    assert Account.objects.get().accepted_by == ""


@pytest.mark.once
def test_what_was_accepted_is_not_doubted_anew_when_the_other_kind_has_a_witness() -> None:
    usual(0)
    tell(Purpose.GHOST, *[NO_TASK] * ghost_forms.GHOSTS, seconds=1, kind="video")
    tell(Purpose.WITNESS, NO_TASK, seconds=10, task_id="gone elsewhere", kind="video")
    with transaction.atomic():
        controls.note_exhausted("video", now=at(11))
    tell(Purpose.GHOST, NO_TASK, seconds=12, kind="video")
    account = Account.objects.get()
    assert "not even gone elsewhere" in account.doubt
    doubts.accept(account, by="olga")
    tell(Purpose.WITNESS, THERE, seconds=20)
    account.refresh_from_db()
    assert (account.accepted_by, account.doubt) == ("", "")
    # Another one that is missed speaks against the account as before.
    tell(Purpose.WITNESS, NO_TASK, seconds=30, task_id="imported later", kind="video")
    with transaction.atomic():
        controls.note_exhausted("video", now=at(31))
    assert "not even imported later" in Account.objects.get().doubt


def test_without_a_witness_only_the_form_of_when_there_was_one_is_believed() -> None:
    """All is deleted, the form is forgotten, and then maintenance answers everything alike."""
    usual(0)
    later = ghost_forms.REMEMBERED_FOR.total_seconds() + 60
    tell(Purpose.GHOST, *[BUSY] * ghost_forms.GHOSTS, seconds=later)
    with transaction.atomic():
        controls.note_exhausted("image", now=at(later + 1))
    assert Account.objects.get().doubt == doubts.NO_WITNESS
    assert judged(BUSY, seconds=later - 1, now=later + 2) is None


def test_a_task_that_is_missed_speaks_against_an_account_without_witness() -> None:
    usual(0)
    tell(Purpose.WITNESS, NO_TASK, seconds=10, task_id="imported later")
    with transaction.atomic():
        controls.note_exhausted("image", now=at(11))
    tell(Purpose.GHOST, NO_TASK, seconds=12)
    assert judged(NO_TASK, seconds=5) is None
    assert "not even imported later" in Account.objects.get().doubt


def test_a_witness_without_an_answer_is_not_missed() -> None:
    control = tell(Purpose.WITNESS, "", "", "", seconds=0)
    assert (control.missed, Account.objects.get().doubt) == ([], "")


def test_a_witness_that_is_found_does_not_end_the_doubt_of_ghosts_that_are() -> None:
    tell(Purpose.GHOST, *[THERE] * ghost_forms.GHOSTS, seconds=0)
    doubted_at = Account.objects.get().doubted_at
    tell(Purpose.WITNESS, THERE, seconds=10)
    account = Account.objects.get()
    assert ("never existed" in account.doubt, account.doubted_at) == (True, doubted_at)


def test_nothing_is_accepted_while_the_other_kind_in_doubt_has_somebody_left_to_ask() -> None:
    account = accounts.current()
    tell(Purpose.GHOST, *[NO_TASK] * ghost_forms.GHOSTS, seconds=10)
    for number in range(3):
        tell(Purpose.WITNESS, NO_TASK, seconds=11 + number, task_id=f"w{number}")
    with transaction.atomic():
        controls.note_exhausted("video", now=at(15))
    account.refresh_from_db()
    assert not doubts.may_accept(account, now=at(16))
    with transaction.atomic():
        controls.note_exhausted("image", now=at(16))
    assert doubts.may_accept(account, now=at(16))
