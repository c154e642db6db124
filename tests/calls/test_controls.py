"""Which controls leave, and when, and what is forgotten of them."""

from __future__ import annotations

from collections import Counter

import pytest

from dashboard.calls import accounts, controls, ghosts, recording, sending
from dashboard.calls.controls import Purpose
from dashboard.calls.models import Account, Control, ProviderCall
from dashboard.calls.verdicts import Ruling, Verdict
from tests.calls.answers import NO_TASK, answered, at, usual

pytestmark = pytest.mark.django_db


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


def test_what_another_process_finds_out_with_another_key_says_nothing_here(settings) -> None:
    usual(0)
    call = recording.prepare(operation="look_up", kind="image", ids=["w"], purpose="witness")
    settings.TENSORSLAB_API_KEY = "another"
    ProviderCall.objects.update(state="open")
    call = call._replace(sent_at=at(10))
    sending.settle_alone(call, answered(NO_TASK), answered_at=at(10))
    assert ProviderCall.objects.get().state == "answered"
    assert controls.of(accounts.current(), "image").missed == []


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
