"""Another account, another key or address, maintenance, a doubt: nothing is called gone, and it goes on by itself."""

from __future__ import annotations

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.calls.models import ProviderCall
from dashboard.deletions import actions
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.drafts import freezing
from dashboard.deletions.evidence import sampling
from dashboard.deletions.history import progress
from dashboard.deletions.models import State
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.evidence.plays import finished_without_lies, resumed, stop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.once
def test_the_key_of_another_account_makes_nothing_gone_and_it_goes_on_when_that_is_put_right(
    theatre, images, by
) -> None:
    theatre.sandbox.control(foreign_keys=["test-key"], already_gone="failure")
    deletion = theatre.play(theatre.confirm(images(12), by=by), until=120, stay=True)
    assert (deletion.state, deletion.paused_by_account, deletion.deleted + deletion.already_gone) == ("paused", True, 0)
    assert deletion.paused_reason.startswith("TensorsLab answers as if none of your tasks existed, not even abcd_")
    assert "is this key of the right account?" in deletion.paused_reason
    assert AuditEvent.objects.filter(action="account.doubted").count() == 1
    theatre.sandbox.control(foreign_keys=[])
    deletion = theatre.play(deletion, stay=True)
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.refused) == (12, 0)
    assert AuditEvent.objects.filter(action="account.trusted").count() == 1


@pytest.mark.once
def test_another_key_pauses_says_so_and_goes_on_by_one_resume(theatre, settings, images, by) -> None:
    deletion = theatre.confirm(images(5), by=by)
    settings.TENSORSLAB_API_KEY = "another"
    deletion = theatre.play(deletion)
    assert (deletion.state, deletion.paused_by_account) == ("paused", False)
    assert deletion.paused_reason.startswith("Confirmed with another API key than the one that is set now.")
    assert theatre.sandbox.ledger()["calls"] == []
    assert resumed(theatre, deletion, by).deleted == 5
    told = AuditEvent.objects.get(action="deletion.resumed").detail
    assert told == {"key": accounts.current_key()}


@pytest.mark.once
def test_what_was_confirmed_with_another_key_may_be_stopped(theatre, settings, images, by) -> None:
    deletion = theatre.confirm(images(5), by=by)
    settings.TENSORSLAB_API_KEY = "another"
    deletion = theatre.play(deletion)
    stop(deletion, by, theatre)
    deletion.refresh_from_db()
    assert (deletion.state, deletion.kept) == (State.FINISHED, 5)
    assert theatre.sandbox.ledger()["calls"] == []


@pytest.mark.once
def test_maintenance_makes_nothing_gone_and_it_finishes_by_itself(theatre, images, by) -> None:
    theatre.sandbox.control(maintenance="system under maintenance", missing="code")
    deletion = theatre.play(theatre.confirm(images(12), by=by), until=5, stay=True)
    assert deletion.deleted + deletion.already_gone + deletion.refused == 0
    theatre.sandbox.control(maintenance="")
    deletion = theatre.play(deletion, stay=True)
    finished_without_lies(theatre, deletion)
    assert deletion.deleted == 12


@pytest.mark.once
def test_maintenance_in_the_middle(theatre, images, by) -> None:
    theatre.sandbox.control(missing="code", latency=0.02)
    deletion = theatre.play(theatre.confirm(images(20), by=by), until=0.4)
    theatre.sandbox.control(maintenance="system under maintenance")
    deletion = theatre.play(deletion, until=5, stay=True)
    theatre.sandbox.control(maintenance="")
    deletion = theatre.play(deletion, stay=True)
    finished_without_lies(theatre, deletion)
    assert deletion.deleted == 20


@pytest.mark.once
@pytest.mark.parametrize("fault", ["403:after:delete", "401:after:delete", "9000:after:delete"])
def test_a_refusal_of_the_account_may_come_after_the_work(theatre, settings, images, by, fault) -> None:
    settings.TENSORSLAB_CONCURRENCY = 1
    settings.DELETION_CANARY = 0
    theatre.sandbox.control(queue=[fault])
    deletion = theatre.play(theatre.confirm(images(25), by=by))
    assert (deletion.state, deletion.waiting) == (State.PAUSED, 25)
    stop(deletion, by, theatre)
    deletion = resumed(theatre, deletion, by)
    finished_without_lies(theatre, deletion)
    assert (deletion.deleted, deletion.kept) == (5, 20)
    assert deletion.items.filter(outcome="kept", evidence=None).count() == 20


@pytest.mark.once
def test_a_deletion_is_bound_to_the_whole_address(theatre, settings, images, by) -> None:
    settings.TENSORSLAB_API_URL = f"{theatre.sandbox.url}/staging"
    deletion = theatre.confirm(images(3), by=by)
    assert deletion.host == f"{theatre.sandbox.url}/staging"
    settings.TENSORSLAB_API_URL = f"{theatre.sandbox.url}/prod"
    deletion = theatre.play(deletion)
    assert deletion.paused_reason == (
        f"Confirmed for {theatre.sandbox.url}/staging, but this dashboard now sends to {theatre.sandbox.url}/prod. "
        "Nothing is sent."
    )
    assert theatre.sandbox.ledger()["calls"] == []


def test_what_is_confirmed_in_doubt_is_warned_of_and_waits_half_a_minute_of_its_own(theatre, images, by) -> None:
    person = Person.signed_in(by.user)
    theatre.sandbox.control(replica_lacks=1)
    theatre.play(theatre.confirm(images(10), by=by), until=120, stay=True)
    deletes = ProviderCall.objects.filter(operation="delete").count()
    chosen = TrackedTask.objects.filter(pk__in=[task.pk for task in images(3)])
    draft = freezing.freeze_tasks(tasks=chosen, actor=by.user, now=theatre.now())
    for page in (draft.get_absolute_url(), "/tasks/"):
        assert "TensorsLab answers as if none of your tasks existed" in person.get(page).content.decode()
    actions.confirm(deletion=draft, by=by, reason="Spring", typed="3", now=theatre.now())
    theatre.play(draft, until=25, stay=True)
    assert ProviderCall.objects.filter(operation="delete").count() == deletes
    assert draft.paused_reason.startswith("TensorsLab answers as if none of your tasks existed")
    deletion = theatre.play(draft, stay=True)
    assert (deletion.state, deletion.deleted, deletion.said) == (State.FINISHED, 3, 3)
    sentence = "3 of 3 deleted, by TensorsLab&#x27;s word alone."
    assert sentence in person.get(deletion.get_absolute_url()).content.decode()


@pytest.mark.once
def test_the_bound_holds_although_part_of_it_was_sent_in_doubt(theatre, settings, monkeypatch, images, by) -> None:
    settings.DELETION_CANARY = 0
    settings.TENSORSLAB_CONCURRENCY = 2
    monkeypatch.setattr(sampling, "USUALLY", 40)
    monkeypatch.setattr(sampling, "AT_LEAST", 5)
    # A shift sends a few lists of the twenty, and time for one it has on any machine.
    theatre.sandbox.control(latency=0.2)
    deletion = theatre.confirm(images(100), by=by)
    while deletion.sample_gone < sampling.AT_LEAST + 1:
        Shift(length=0.5, clock=theatre.now).run()
        deletion.refresh_from_db()
        theatre.skip(2)
    theatre.sandbox.control(foreign_keys=["test-key"])
    deletion = theatre.play(deletion, stay=True, until=400)
    there = deletion.deleted - len(theatre.sandbox.deleted("image"))
    sample = sampling.sample_of(deletion)
    assert (deletion.state, there > 0, sample.open > 0) == (State.FINISHED, True, True)
    assert there <= sample.at_most_there
    assert f"all gone, {sample.open} more brought no answer: with 95 % confidence" in progress.sample_sentence(sample)
