"""Registers in which hardly anything is left that could vouch for TensorsLab's answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse

from dashboard.audit.models import AuditEvent
from dashboard.calls import doubts, ghost_forms
from dashboard.calls.models import Account, ProviderCall
from dashboard.deletions import actions
from dashboard.deletions.evidence import next_controls
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import url_of
from tests.deletions.theatre import Theatre, calls, playing
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _usual(settings, _fast) -> None:
    settings.DELETION_VERIFY = "sample"
    settings.DELETION_CANARY = 20
    settings.TENSORSLAB_TIMEOUT = 2.0


@pytest.fixture
def theatre() -> Iterator[Theatre]:
    yield from playing()


@pytest.fixture
def by(operator: Person) -> actions.By:
    return actions.By(user=operator.user)


def _ids(tasks: list[TrackedTask]) -> list[str]:
    return [task.task_id for task in tasks]


def test_a_deletion_of_the_only_task_is_seen(theatre, images, by) -> None:
    deletion = theatre.play(theatre.confirm(images(1), by=by))
    assert (deletion.state, deletion.items.get().ending) == (State.FINISHED, "Deleted · seen gone")
    # It was its own witness before it went; then the ghost's form alone had to do, twice.
    assert calls("verify") == 2
    assert theatre.sandbox.ledger()["calls"][0]["operation"] == "look_up"


def test_a_deletion_of_everything_there_is_ends_and_is_seen(theatre, images, by) -> None:
    deletion = theatre.play(theatre.confirm(images(250), by=by))
    assert (deletion.state, deletion.deleted, theatre.lies(deletion)) == (State.FINISHED, 250, [])
    assert deletion.sample_gone >= 30
    assert deletion.items.filter(evidence="seen").count() == 250 - deletion.said


@pytest.mark.parametrize("kind", ["image", "video"])
def test_an_account_with_one_kind_only(theatre, by, kind) -> None:
    tasks = TrackedTaskFactory.create_batch(3, kind=kind)
    TrackedTaskFactory.create_batch(2, kind=kind)
    deletion = theatre.play(theatre.confirm(tasks, by=by))
    assert (deletion.state, deletion.deleted, deletion.said) == (State.FINISHED, 3, 0)
    assert set(ProviderCall.objects.values_list("kind", flat=True)) == {kind}


def test_the_last_of_one_kind_is_vouched_for_by_the_account_of_the_other(theatre, images, by) -> None:
    images(2)
    film = TrackedTaskFactory(kind="video")
    theatre.sandbox.control(queue=["500:after:delete"])
    deletion = theatre.play(theatre.confirm([film], by=by))
    assert (deletion.state, deletion.items.get().ending) == (State.FINISHED, "Deleted · seen gone")
    assert theatre.lies(deletion) == []


def test_success_ends_as_said_where_nothing_is_left_to_vouch(theatre, images, by) -> None:
    """All of the register is gone, and TensorsLab says Success all the same."""
    tasks = images(5)
    theatre.sandbox.control(gone={"image": _ids(tasks)})
    deletion = theatre.play(theatre.confirm(tasks, by=by), stay=True)
    assert (deletion.state, deletion.deleted, deletion.said) == (State.FINISHED, 5, 5)
    assert {item.ending for item in deletion.items.all()} == {"Deleted · TensorsLab says"}


@pytest.mark.parametrize("broken", [{"foreign_keys": ["test-key"]}, {"faults": ["500:look_up"], "fault_rate": 1.0}])
def test_success_ends_as_said_although_look_ups_are_of_no_use(theatre, settings, images, by, broken) -> None:
    settings.DELETION_MAX_ATTEMPTS = 3
    images(30)
    tasks = images(300)
    theatre.sandbox.control(**broken)
    deletion = theatre.play(theatre.confirm(tasks, by=by), stay=True)
    assert (deletion.state, deletion.deleted, deletion.said) == (State.FINISHED, 300, 300)


@pytest.mark.once
def test_where_nothing_is_left_to_vouch_a_person_may_accept_the_answers(theatre, operator, images, by) -> None:
    tasks = images(3)
    theatre.sandbox.control(already_gone="failure", gone={"image": _ids(tasks)})
    deletion = theatre.play(theatre.confirm(tasks, by=by), until=300, stay=True)
    assert (deletion.state, deletion.deleted, deletion.already_gone) == (State.PAUSED, 0, 0)
    assert "is this key of the right account?" in deletion.paused_reason
    page = operator.get(deletion.get_absolute_url()).content.decode()
    assert "Accept these answers" in page
    assert operator.post(url_of("accept", deletion)).status_code == 303
    told = AuditEvent.objects.get(action="account.accepted")
    assert (told.actor, told.subject) == ("olga", str(deletion.uuid))
    deletion = theatre.play(deletion, stay=True)
    assert (deletion.state, deletion.deleted + deletion.already_gone) == (State.FINISHED, 3)
    assert {item.evidence for item in deletion.items.all()} == {"seen"}


@pytest.mark.once
def test_the_answers_of_a_large_register_are_not_accepted_before_much_of_it_was_asked_about(
    theatre, operator, images, by
) -> None:
    theatre.sandbox.control(foreign_keys=["test-key"], already_gone="failure")
    deletion = theatre.play(theatre.confirm(images(100), by=by), until=25, stay=True)
    assert deletion.state == State.PAUSED
    assert "Accept these answers" not in operator.get(deletion.get_absolute_url()).content.decode()
    refused = operator.post(url_of("accept", deletion))
    assert (refused.status_code, Account.objects.get().accepted_by) == (409, "")
    deletion = theatre.play(deletion, until=3600, stay=True)
    assert len(Account.objects.get().controls.get().missed) == doubts.MOST_MISSED
    assert "Accept these answers" in operator.get(deletion.get_absolute_url()).content.decode()


def test_nobody_without_the_right_accepts(viewer, stranger, olga, confirm, images) -> None:
    deletion = confirm(images(1))
    Deletion.objects.update(state=State.PAUSED, paused_by_account=True)
    assert viewer.post(url_of("accept", deletion)).status_code == 403
    assert stranger.post(url_of("accept", deletion)).url.startswith(reverse("login"))
    assert viewer.get(url_of("accept", deletion)).status_code == 405


def test_a_look_up_that_vouches_is_marked_as_such(theatre, images, by) -> None:
    images(5)
    theatre.play(theatre.confirm(images(2), by=by))
    assert calls("ghost") > ghost_forms.GHOSTS
    assert calls("witness") >= 1
    purposes = {event.detail["purpose"] for event in AuditEvent.objects.filter(action="call.look_up")}
    assert purposes == {"ghost", "witness", "verify"}
    assert not ProviderCall.objects.filter(purpose__in=["ghost", "witness"]).exclude(deletion=None).exists()


def test_tasks_that_were_imported_since_everything_was_deleted_are_witnesses_again(theatre, images, by) -> None:
    assert theatre.play(theatre.confirm(images(2), by=by)).deleted == 2
    assert Account.objects.get().controls.get().exhausted
    tasks = images(10)
    theatre.skip(ghost_forms.REMEMBERED_FOR.total_seconds() + 60)
    theatre.sandbox.control(foreign_keys=["test-key"], already_gone="failure", queue=["500:before:delete"])
    deletion = theatre.play(theatre.confirm(tasks[:5], by=by), until=60, stay=True)
    assert (deletion.state, deletion.deleted + deletion.already_gone) == (State.PAUSED, 0)
    assert "is this key of the right account?" in deletion.paused_reason


def test_an_account_without_the_other_kind_is_not_asked_for_a_witness_of_it(theatre, settings, images, by) -> None:
    """Whether an id is of the other kind is asked, and refused: that ends the question, and holds nothing up."""
    images(5)
    tasks = images(1)
    theatre.sandbox.control(already_gone="failure", gone={"image": _ids(tasks)})
    deletion = theatre.confirm(tasks, by=by)
    while not (asked := ProviderCall.objects.filter(purpose="other")):
        theatre.shift()
        theatre.skip(2)
    assert not ProviderCall.objects.filter(purpose="witness", kind="video").exists()
    deletion = theatre.play(deletion)
    assert (deletion.state, deletion.items.get().outcome, asked.get().kind) == (State.FINISHED, "already_gone", "video")


@pytest.mark.once
def test_a_doubt_that_nobody_asked_about_for_long_is_looked_at_again(theatre, images, by) -> None:
    """What spoke against the account is too old to say anything; the doubt ends by asking anew, not by waiting."""
    images(5)
    theatre.sandbox.control(missing="code", maintenance="system under maintenance")
    deletion = theatre.play(theatre.confirm(images(3), by=by), until=60, stay=True)
    account = Account.objects.get()
    assert (deletion.state, account.doubt != "") == (State.PAUSED, True)
    theatre.sandbox.control(maintenance="")
    theatre.skip(ghost_forms.REMEMBERED_FOR.total_seconds() + 60)
    now = theatre.now()
    assert list(next_controls.wishes(account, now=now)) == ["image"]
    deletion = theatre.play(deletion, stay=True)
    assert (deletion.state, deletion.deleted, Account.objects.get().doubt) == (State.FINISHED, 3, "")


def test_what_is_seen_there_is_not_let_go_as_deleted(theatre, settings, images, by) -> None:
    """TensorsLab said Success, a look-up found it there, and then no look-up can be trusted any more."""
    settings.DELETION_VERIFY = "all"
    images(5)
    theatre.sandbox.control(first_half=True)
    deletion = theatre.play(theatre.confirm(images(4), by=by), until=3)
    assert deletion.contradicted == 2
    theatre.sandbox.control(foreign_keys=["test-key"])
    deletion = theatre.play(deletion, until=600, stay=True)
    assert (deletion.state, deletion.contradicted) == (State.PAUSED, 2)
    theatre.sandbox.control(foreign_keys=[])
    deletion = theatre.play(deletion, stay=True)
    assert (deletion.deleted, deletion.refused, theatre.lies(deletion)) == (2, 2, [])
