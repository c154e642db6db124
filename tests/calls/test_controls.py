"""What witness and ghost vouch for: rows and moments, without any provider."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts, controls, doubts, ghost_forms, ghosts, judging, recording, sending
from dashboard.calls.controls import Purpose
from dashboard.calls.ghost_forms import THERE
from dashboard.calls.judging import Claim, Finding
from dashboard.calls.models import Account, Control, ProviderCall
from dashboard.calls.verdicts import Ruling, Verdict

pytestmark = pytest.mark.django_db

NO_TASK, BUSY = "404 9999 No such task", "200 9999 Busy"
BEGIN = timezone.now()


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def answered(form: str) -> Verdict:
    ruling = Ruling.THERE if form == THERE else Ruling.ABSENT if form else Ruling.LOST
    return Verdict(ruling=ruling, sentence="", form=form)


def tell(purpose: Purpose, *forms: str, seconds: float = 0, task_id: str = "w") -> Control:
    """Controls that are answered so, a tenth of a second after one another."""
    for number, form in enumerate(forms):
        moment = at(seconds + number / 10)
        with transaction.atomic():
            control = controls.of(accounts.current(), "image")
            controls.learn(control, purpose, task_id=task_id, verdict=answered(form), sent_at=moment, at=moment)
    return controls.of(accounts.current(), "image")


def judged(form: str, *, seconds: float, now: float = 30) -> Finding | None:
    claim = Claim(form=form, sent_at=at(seconds), answered_at=at(seconds))
    account = accounts.current()
    judgement = judging.judge(claim, control=controls.of(account, "image"), account=account, now=at(now))
    return judgement and judgement.finding


def usual(seconds: float = 0, *, times: int = ghost_forms.GHOSTS) -> None:
    tell(Purpose.GHOST, *[NO_TASK] * times, seconds=seconds)
    tell(Purpose.WITNESS, THERE, seconds=seconds)


def test_a_claim_waits_for_controls_that_answered_after_it() -> None:
    usual(0)
    assert judged(NO_TASK, seconds=5) is None
    usual(10)
    assert judged(NO_TASK, seconds=5) == Finding.GONE
    assert judged(THERE, seconds=5) == Finding.THERE


def test_only_the_form_of_the_ghosts_means_gone() -> None:
    usual(10)
    assert judged(BUSY, seconds=5) == Finding.NOTHING


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


def test_a_ghost_that_meets_a_busy_moment_vouches_for_nothing() -> None:
    usual(0, times=ghost_forms.DISPUTED)
    tell(Purpose.WITNESS, THERE, seconds=10)
    tell(Purpose.GHOST, BUSY, seconds=10)
    assert judged(NO_TASK, seconds=5) is None
    tell(Purpose.GHOST, NO_TASK, seconds=11)
    assert judged(NO_TASK, seconds=5) == Finding.GONE


def test_answers_that_differed_of_late_are_not_enough_alone() -> None:
    usual(0, times=ghost_forms.DISPUTED)
    tell(Purpose.GHOST, BUSY, NO_TASK, seconds=10)
    tell(Purpose.WITNESS, THERE, seconds=10)
    account = accounts.current()
    claim = Claim(form=NO_TASK, sent_at=at(5), answered_at=at(5))
    judgement = judging.judge(claim, control=controls.of(account, "image"), account=account, now=at(12))
    assert judgement is not None
    assert (judgement.finding, judgement.witnessed) == (Finding.GONE, False)


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


def test_maintenance_is_no_missing_witness_but_brings_no_usable_answer() -> None:
    usual(0)
    tell(Purpose.WITNESS, *[BUSY] * 5, seconds=10)
    account = Account.objects.get()
    assert account.doubt.startswith("Look-ups bring no usable answer, not even about tasks that exist.")
    assert account.controls.get().missed == []


def test_in_doubt_the_pauses_grow_with_the_time_it_lasts() -> None:
    usual(0)
    pauses = []
    for number, seconds in enumerate([10, 11, 12, 40, 400]):
        control = tell(Purpose.WITNESS, NO_TASK, seconds=seconds, task_id=f"w{number}")
        pauses.append((control.next_at - at(seconds)).total_seconds())
    assert pauses[2:] == [2, 14, 60]


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


def test_what_was_asked_before_the_witness_was_found_again_is_asked_anew() -> None:
    """For a moment a replica that lacks everything answered, and then one that does not."""
    usual(0)
    tell(Purpose.WITNESS, NO_TASK, seconds=10, task_id="w")
    tell(Purpose.WITNESS, THERE, seconds=12, task_id="v")
    tell(Purpose.GHOST, NO_TASK, seconds=12)
    assert judged(NO_TASK, seconds=9) == Finding.VOID


def test_one_task_that_is_gone_makes_nothing_void_twice() -> None:
    usual(0)
    for seconds in (10, 20):
        tell(Purpose.WITNESS, NO_TASK, seconds=seconds, task_id="w")
        control = tell(Purpose.WITNESS, THERE, seconds=seconds + 2, task_id="v")
        tell(Purpose.GHOST, NO_TASK, seconds=seconds + 2)
    assert (control.lost, judged(NO_TASK, seconds=19)) == (["w"], Finding.GONE)


def test_a_witness_without_an_answer_is_not_missed() -> None:
    control = tell(Purpose.WITNESS, "", "", "", seconds=0)
    assert (control.missed, Account.objects.get().doubt) == ([], "")


def test_a_witness_that_is_found_does_not_end_the_doubt_of_ghosts_that_are() -> None:
    tell(Purpose.GHOST, *[THERE] * ghost_forms.GHOSTS, seconds=0)
    doubted_at = Account.objects.get().doubted_at
    tell(Purpose.WITNESS, THERE, seconds=10)
    account = Account.objects.get()
    assert ("never existed" in account.doubt, account.doubted_at) == (True, doubted_at)


def test_an_address_that_can_not_be_reached_holds_everything_up() -> None:
    not_sent = Verdict(ruling=Ruling.NOT_SENT, sentence="")
    assert not controls.fails_alone("verify", not_sent)
    assert controls.fails_alone("verify", answered(""))


def test_what_a_clock_knew_that_was_put_back_is_forgotten() -> None:
    usual(3600)
    Account.objects.update(trusted_since=at(3600))
    controls.forget_the_future(now=at(0), beyond=at(180))
    control, account = Control.objects.get(), Account.objects.get()
    assert (control.witness_at, control.ghost_at, control.next_at) == (None, None, None)
    assert account.trusted_since == at(0)


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


def test_what_another_process_finds_out_with_another_key_says_nothing_here(settings) -> None:
    usual(0)
    call = recording.prepare(operation="look_up", kind="image", ids=["w"], purpose="witness")
    settings.TENSORSLAB_API_KEY = "another"
    ProviderCall.objects.update(state="open")
    call = call._replace(sent_at=at(10))
    sending.settle_alone(call, answered(NO_TASK), answered_at=at(10))
    assert ProviderCall.objects.get().state == "answered"
    assert controls.of(accounts.current(), "image").missed == []


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


def test_what_was_found_out_with_another_key_is_forgotten(settings) -> None:
    usual(0)
    settings.TENSORSLAB_API_KEY = "another"
    controls.heed_key(now=at(10))
    account = accounts.current()
    assert (account.key, account.proven_at, account.trusted_since) == (accounts.current_key(), None, at(10))
    assert not account.controls.exists()


def test_controls_are_made_now_and_then_or_at_once_when_there_is_nothing_else_to_do() -> None:
    usual(0)
    control = controls.of(accounts.current(), "image")
    nothing: Counter[str] = Counter()

    def wanted(seconds: float, *, idle: bool = False, in_hand: Counter[str] = nothing) -> list[Purpose]:
        since = at(seconds)
        return controls.wanted(control, doubted=False, since=since, now=since, in_hand=in_hand, idle=idle)

    assert wanted(1) == []
    assert wanted(1, idle=True) == [Purpose.WITNESS, Purpose.GHOST]
    assert wanted(3) == [Purpose.WITNESS, Purpose.GHOST]
    assert wanted(3, in_hand=Counter(ghost=1)) == [Purpose.WITNESS]


def test_controls_wait_for_what_else_they_may_vouch_for() -> None:
    """The first answers of a deletion would have controls at once, and those after it others."""
    usual(0)
    control = controls.of(accounts.current(), "image")

    def wanted(seconds: float, *, waits_since: float, idle: bool = False) -> list[Purpose]:
        now, first = at(seconds), at(waits_since)
        return controls.wanted(
            control, doubted=False, since=now, waits_since=first, now=now, in_hand=Counter(), idle=idle
        )

    assert wanted(10, waits_since=9) == []
    assert wanted(10, waits_since=9, idle=True) == [Purpose.WITNESS, Purpose.GHOST]
    assert wanted(11, waits_since=9) == [Purpose.WITNESS, Purpose.GHOST]


@pytest.mark.parametrize(
    "task_id", ["abcd_1234567890abcdef", "7", "a1-b2", "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", "任务"]
)
def test_a_ghost_has_the_shape_of_a_task_and_never_existed(task_id: str) -> None:
    made_up = {ghosts.like(task_id) for _ in range(100)}
    assert len(made_up) == 100
    assert task_id not in made_up
    for ghost in made_up:
        assert len(ghost) >= max(len(task_id), ghosts.LEAST)
        if task_id.startswith("abcd"):
            assert ghost.startswith("abcd_")
            assert len(ghost) == len(task_id)


def test_an_address_has_one_spelling_and_its_path_counts(settings) -> None:
    for typed, address in {
        "https://API.tensorslab.com:443": "https://api.tensorslab.com",
        "https://host/staging": "https://host/staging",
        "http://[::1]:8001": "http://[::1]:8001",
    }.items():
        settings.TENSORSLAB_API_URL = typed
        assert accounts.current_host() == address
