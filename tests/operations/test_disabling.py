"""Disable: the account closes, and what its person has under way stops or goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls.models import LONG_AGO
from dashboard.deletions.models import Deletion, State
from tests.access.people.test_joining import words
from tests.conftest import Person
from tests.factories import DeletionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory(username="olga", role="operator")


@pytest.fixture
def begun(olga: User) -> tuple[Deletion, Deletion, Deletion]:
    """One in its grace, one that runs, and one of somebody else."""
    later = timezone.now() + timedelta(hours=1)
    own = {"actor": olga, "finished_at": None, "armed_at": timezone.now()}
    return (
        DeletionFactory(**own, state=State.SCHEDULED, starts_at=later),
        DeletionFactory(**own, state=State.RUNNING),
        DeletionFactory(state=State.RUNNING, finished_at=None),
    )


def test_who_is_disabled_is_signed_out_and_can_not_come_back(administrator: Person, olga: User) -> None:
    person = Person.signed_in(olga)
    response = administrator.post(f"/access/{olga.pk}/disable/", follow=True)
    assert "“olga” is disabled and signed out everywhere." in words(response)
    assert person.get("/tasks/").status_code == 302
    told = AuditEvent.objects.get(action="person.disabled")
    assert (told.actor, told.subject, told.detail) == ("alice", "olga", {"sessions": 1})
    User.objects.filter(pk=olga.pk).update(is_active=True)
    assert person.get("/tasks/").status_code == 302


@pytest.mark.parametrize("wanted", ["", "both"])
def test_what_happens_to_what_they_have_under_way_is_asked(administrator, olga, begun, wanted: str) -> None:
    page = words(administrator.get(f"/access/{olga.pk}/"))
    assert all(deletion.code in page for deletion in begun[:2])
    assert begun[2].code not in page
    response = administrator.post(f"/access/{olga.pk}/disable/", {"deletions": wanted})
    assert response.status_code == 422
    assert "Say what happens to it first: stop it, or let it go on." in words(response)
    assert User.objects.get(pk=olga.pk).is_active
    assert not AuditEvent.objects.exists()


def test_it_is_stopped(administrator: Person, olga: User, begun) -> None:
    response = administrator.post(f"/access/{olga.pk}/disable/", {"deletions": "stop"}, follow=True)
    assert "What they had under way is stopped." in words(response)
    scheduled, running, others = (Deletion.objects.get(pk=deletion.pk) for deletion in begun)
    assert (scheduled.state, bool(running.stopped_at), others.stopped_at) == (State.CANCELLED, True, None)
    actions = list(AuditEvent.objects.filter(actor="alice").order_by("sequence").values_list("action", flat=True))
    assert actions == ["person.disabled", "deletion.undone", "deletion.stopped"]
    assert AuditEvent.objects.get(action="person.disabled").detail["deletions"] == "stop"
    assert chain.verify() is None


def test_it_goes_on(administrator: Person, olga: User, begun) -> None:
    response = administrator.post(f"/access/{olga.pk}/disable/", {"deletions": "go_on"}, follow=True)
    assert "What they had under way goes on." in words(response)
    assert [Deletion.objects.get(pk=deletion.pk).state for deletion in begun] == [row.state for row in begun]
    assert AuditEvent.objects.get(action="person.disabled").detail["deletions"] == "go_on"


def test_what_waits_for_approval_is_declined(administrator: Person, olga: User) -> None:
    waiting = DeletionFactory(
        actor=olga, state=State.AWAITING_APPROVAL, approval_asked_at=timezone.now(), finished_at=None, confirmed_at=None
    )
    response = administrator.post(f"/access/{olga.pk}/disable/", {"deletions": "stop"}, follow=True)
    assert "What they had under way is stopped." in words(response)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decider_name) == (State.DISCARDED, "alice")
    assert waiting.declined_reason == "The account of its requester was disabled."


def test_what_can_not_be_stopped_is_named(administrator: Person, olga: User) -> None:
    """This one expires by itself."""
    waiting = DeletionFactory(actor=olga, state=State.AWAITING_APPROVAL, approval_asked_at=LONG_AGO, finished_at=None)
    response = administrator.post(f"/access/{olga.pk}/disable/", {"deletions": "stop"}, follow=True)
    assert f"These could not be stopped, look at them: {waiting.code}." in words(response)


def test_the_last_administrator_can_not_be_disabled(administrator: Person) -> None:
    UserFactory(username="shut", is_superuser=True, is_active=False)
    response = administrator.post(f"/access/{administrator.user.pk}/disable/")
    assert response.status_code == 409
    assert "is the last administrator who can sign in" in words(response)
    assert administrator.get("/access/").status_code == 200


def test_an_administrator_who_disables_themselves_is_signed_out(administrator: Person) -> None:
    UserFactory(username="bob", is_superuser=True)
    assert administrator.post(f"/access/{administrator.user.pk}/disable/").status_code == 302
    assert administrator.get("/tasks/").headers["Location"].startswith("/login/")


def test_an_account_is_opened_again(administrator: Person, olga: User) -> None:
    assert administrator.post(f"/access/{olga.pk}/open/").status_code == 409
    administrator.post(f"/access/{olga.pk}/disable/")
    assert administrator.post(f"/access/{olga.pk}/disable/").status_code == 409
    page = words(administrator.get(f"/access/{olga.pk}/"))
    assert "Open again" in page
    response = administrator.post(f"/access/{olga.pk}/open/", follow=True)
    assert "“olga” may sign in again." in words(response)
    told = AuditEvent.objects.get(action="person.opened")
    assert (told.actor, told.subject) == ("alice", "olga")


def test_sessions_are_ended_from_elsewhere(administrator: Person, olga: User) -> None:
    person = Person.signed_in(olga)
    response = administrator.post(f"/access/{olga.pk}/end-sessions/", follow=True)
    assert "1 session of “olga” ended." in words(response)
    assert person.get("/tasks/").status_code == 302
    told = AuditEvent.objects.get(action="person.sessions_ended")
    assert (told.actor, told.subject, told.detail) == ("alice", "olga", {"sessions": 1})
