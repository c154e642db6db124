"""What a look-up is worth by what witness and ghost were answered after it."""

from __future__ import annotations

import pytest
from django.db import transaction

from dashboard.calls import accounts, controls, ghost_forms, judging
from dashboard.calls.controls import Purpose
from dashboard.calls.ghost_forms import THERE
from dashboard.calls.judging import Claim, Finding
from dashboard.calls.models import Account
from tests.calls.answers import BUSY, NO_TASK, answered, at, judged, tell, usual

pytestmark = pytest.mark.django_db


@pytest.mark.once
def test_a_claim_waits_for_controls_that_answered_after_it() -> None:
    usual(0)
    assert judged(NO_TASK, seconds=5) is None
    usual(10)
    assert judged(NO_TASK, seconds=5) == Finding.GONE
    assert judged(THERE, seconds=5) == Finding.THERE


def test_only_the_form_of_the_ghosts_means_gone() -> None:
    usual(10)
    assert judged(BUSY, seconds=5) == Finding.NOTHING


@pytest.mark.once
def test_no_form_is_learnt_from_a_few_calls() -> None:
    tell(Purpose.WITNESS, THERE, seconds=10)
    tell(Purpose.GHOST, BUSY, BUSY, seconds=10)
    assert judged(BUSY, seconds=5) is None
    tell(Purpose.GHOST, *[NO_TASK] * (1 + ghost_forms.DISPUTED), seconds=11)
    assert judged(NO_TASK, seconds=5) is None
    control = tell(Purpose.GHOST, NO_TASK, seconds=13)
    assert ghost_forms.usual_form(control, now=at(13)) == NO_TASK
    assert judged(BUSY, seconds=5) == Finding.NOTHING


def test_a_row_of_busy_moments_is_not_taken_for_how_missing_tasks_are_answered() -> None:
    """At three busy look-ups in ten, five in a row and one or two other answers are no rarity."""
    tell(Purpose.GHOST, BUSY, NO_TASK, *[BUSY] * 5, seconds=10)
    tell(Purpose.WITNESS, THERE, seconds=11)
    assert judged(BUSY, seconds=5) is None


@pytest.mark.once
def test_a_ghost_that_meets_a_busy_moment_vouches_for_nothing() -> None:
    usual(0, times=ghost_forms.DISPUTED)
    tell(Purpose.WITNESS, THERE, seconds=10)
    tell(Purpose.GHOST, BUSY, seconds=10)
    assert judged(NO_TASK, seconds=5) is None
    tell(Purpose.GHOST, NO_TASK, seconds=11)
    assert judged(NO_TASK, seconds=5) == Finding.GONE


@pytest.mark.once
def test_answers_that_differed_of_late_are_not_enough_alone() -> None:
    usual(0, times=ghost_forms.DISPUTED)
    tell(Purpose.GHOST, BUSY, NO_TASK, seconds=10)
    tell(Purpose.WITNESS, THERE, seconds=10)
    account = accounts.current()
    claim = Claim(form=NO_TASK, sent_at=at(5), answered_at=at(5))
    judgement = judging.judge(claim, control=controls.of(account, "image"), account=account, now=at(12))
    assert judgement is not None
    assert (judgement.finding, judgement.witnessed) == (Finding.GONE, False)


def test_without_a_witness_only_an_account_that_is_proven_is_believed_and_not_at_once() -> None:
    usual(0)
    tell(Purpose.GHOST, NO_TASK, seconds=10)
    assert judged(NO_TASK, seconds=5) is None
    with transaction.atomic():
        controls.note_exhausted("image", now=at(11))
    assert judged(NO_TASK, seconds=5) == Finding.GONE
    assert Account.objects.get().doubt == ""
    Account.objects.update(proven_at=at(0) - judging.PROVEN_FOR)
    assert judged(NO_TASK, seconds=5) is None


@pytest.mark.once
def test_what_was_asked_before_the_witness_was_found_again_is_asked_anew() -> None:
    """For a moment a replica that lacks everything answered, and then one that does not."""
    usual(0)
    tell(Purpose.WITNESS, NO_TASK, seconds=10, task_id="w")
    tell(Purpose.WITNESS, THERE, seconds=12, task_id="v")
    tell(Purpose.GHOST, NO_TASK, seconds=12)
    assert judged(NO_TASK, seconds=9) == Finding.VOID


@pytest.mark.once
def test_one_task_that_is_gone_makes_nothing_void_twice() -> None:
    usual(0)
    for seconds in (10, 20):
        tell(Purpose.WITNESS, NO_TASK, seconds=seconds, task_id="w")
        control = tell(Purpose.WITNESS, THERE, seconds=seconds + 2, task_id="v")
        tell(Purpose.GHOST, NO_TASK, seconds=seconds + 2)
    assert (control.lost, judged(NO_TASK, seconds=19)) == (["w"], Finding.GONE)


def test_a_claim_that_nobody_vouched_for_in_time_is_asked_for_anew() -> None:
    usual(0)
    assert judged(NO_TASK, seconds=5, now=5 + judging.FRESH.total_seconds() + 1) == Finding.VOID


def test_controls_that_knew_another_time_vouch_for_nothing() -> None:
    usual(3600)
    assert judged(NO_TASK, seconds=5) is None


def test_a_control_that_left_before_the_claim_vouches_for_nothing() -> None:
    usual(0)
    for purpose, form in [(Purpose.WITNESS, THERE), (Purpose.GHOST, NO_TASK)]:
        with transaction.atomic():
            control = controls.of(accounts.current(), "image")
            controls.learn(control, purpose, task_id="w", verdict=answered(form), sent_at=at(4), at=at(20))
    assert judged(NO_TASK, seconds=5) is None


def test_a_witness_alone_vouches_for_nothing_before_a_ghost_was_asked_about_again() -> None:
    usual(0)
    tell(Purpose.WITNESS, THERE, seconds=10)
    assert judged(NO_TASK, seconds=5) is None
    assert judged(THERE, seconds=5) is None
    tell(Purpose.GHOST, NO_TASK, seconds=11)
    assert judged(NO_TASK, seconds=5) == Finding.GONE
