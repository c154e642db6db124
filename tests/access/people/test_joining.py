"""One-time links: from the invitation to the first page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from dashboard.access.models import Invitation, OpenSession
from dashboard.access.people import joining
from dashboard.access.people.asking import By, Refused
from dashboard.access.roles import role_of
from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from tests.conftest import Person
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
CHOSEN = {"new_password1": "a lamp post at noon", "new_password2": "a lamp post at noon"}


def words(response) -> str:
    return " ".join(response.content.decode().split())


def added(administrator: Person, username: str = "li.wei", role: str = "operator") -> str:
    """The path of the link that is shown."""
    response = administrator.post("/access/add/", {"username": username, "role": role})
    assert response.status_code == 201
    link = re.search(r'value="(http://testserver(/join/[\w-]+/))"', response.content.decode())
    assert link is not None
    return link[2]


def test_a_new_person_chooses_a_password_and_is_at_work(administrator: Person, stranger: Person) -> None:
    path = added(administrator)
    assert "It is for the account <bdi>li.wei</bdi>." in words(stranger.get(path))
    assert stranger.post(path, CHOSEN).headers["Location"] == "/tasks/"
    assert stranger.get("/tasks/").status_code == 200
    assert role_of(User.objects.get(username="li.wei")) == "operator"
    again = Person()
    assert again.post("/login/", {"username": "li.wei", "password": CHOSEN["new_password1"]}).status_code == 302


def test_it_is_in_the_log_without_link_and_password(administrator: Person, stranger: Person) -> None:
    path = added(administrator, role="approver")
    stranger.post(path, CHOSEN)
    entered, joined, told = AuditEvent.objects.all()[:3]
    assert (told.action, told.actor, told.subject, told.detail["role"]) == (
        *("person.added", "alice", "li.wei"),
        "approver",
    )
    assert (joined.action, joined.actor, joined.subject) == ("person.joined", "li.wei", "li.wei")
    assert entered.action == "user.signed_in"
    everything = str([chain.as_dict(event) for event in AuditEvent.objects.all()])
    assert path.split("/")[2] not in everything
    assert CHOSEN["new_password1"] not in everything
    assert chain.verify() is None


def test_the_database_and_the_access_log_do_not_have_the_link(administrator: Person, stranger: Person, caplog) -> None:
    path = added(administrator)
    stranger.get(path)
    assert stranger.post(path, {}).status_code == 422
    assert stranger.get(path[:-2] + "/").status_code == 410
    assert Invitation.objects.get().digest == joining._digest(path.split("/")[2])
    assert path.split("/")[2][:-1] not in caplog.text
    assert "'/join/.../'" in caplog.text


def test_a_link_is_used_once(administrator: Person, stranger: Person) -> None:
    path = added(administrator)
    stranger.post(path, CHOSEN)
    other = {"new_password1": "something else here", "new_password2": "something else here"}
    for response in (Person().get(path), Person().post(path, other)):
        assert response.status_code == 410
        assert "This link was used already." in words(response)
    assert User.objects.get(username="li.wei").check_password(CHOSEN["new_password1"])


def test_a_link_expires_after_seven_days(administrator: Person, stranger: Person) -> None:
    path = added(administrator)
    invitation = Invitation.objects.get()
    assert timedelta(days=6, hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=7)
    Invitation.objects.update(expires_at=timezone.now())
    assert "This link has expired: it was good for seven days." in words(stranger.post(path, CHOSEN))
    assert not User.objects.get(username="li.wei").has_usable_password()


def test_a_link_of_somebody_disabled_leads_nowhere(administrator: Person, stranger: Person) -> None:
    path = added(administrator)
    User.objects.filter(username="li.wei").update(is_active=False)
    assert "This account is closed." in words(stranger.post(path, CHOSEN))


@pytest.mark.parametrize("token", ["unknown", "%00", "x" * 3000, "%E2%80%AE"])
def test_what_is_no_link_is_told_so(stranger: Person, token: str) -> None:
    response = stranger.get(f"/join/{token}/")
    assert response.status_code == 410
    assert "This link leads nowhere" in words(response)


def test_a_weak_password_is_refused_and_the_link_stays(administrator: Person, stranger: Person) -> None:
    path = added(administrator)
    for one, two, sentence in (
        ("12345678", "12345678", "too common"),
        ("li.wei.li", "li.wei.li", "too similar to the username"),
        ("a lamp post at noon", "a lamp post", "match"),
        ("", "", "required"),
    ):
        response = stranger.post(path, {"new_password1": one, "new_password2": two})
        assert response.status_code == 422
        assert sentence in words(response)
    assert stranger.post(path, CHOSEN).status_code == 302


def test_reset_ends_sessions_at_once_and_the_old_password_with_its_link(administrator: Person) -> None:
    olga = UserFactory(username="olga", role="operator")
    person = Person()
    person.post("/login/", {"username": "olga", "password": PASSWORD})
    response = administrator.post(f"/access/{olga.pk}/reset/")
    path = re.search(r"(/join/[\w-]+/)\"", response.content.decode())[1]  # type: ignore[index]
    assert person.get("/tasks/").status_code == 302
    again = Person()
    assert again.post("/login/", {"username": "olga", "password": PASSWORD}).status_code == 302
    assert Person().post(path, CHOSEN).status_code == 302
    assert again.get("/tasks/").status_code == 302
    assert Person().post("/login/", {"username": "olga", "password": PASSWORD}).status_code == 422
    assert OpenSession.objects.filter(user=olga).count() == 1
    told = AuditEvent.objects.get(action="person.reset")
    assert (told.actor, told.subject, told.detail) == ("alice", "olga", {"sessions": 1})


def test_a_newer_link_replaces_the_older(administrator: Person, stranger: Person) -> None:
    path = added(administrator)
    administrator.post(f"/access/{User.objects.get(username='li.wei').pk}/reset/")
    assert "a newer one has replaced it" in words(stranger.get(path))


def test_who_is_disabled_gets_no_link(administrator: Person) -> None:
    olga = UserFactory(username="olga", is_active=False)
    response = administrator.post(f"/access/{olga.pk}/reset/")
    assert (response.status_code, Invitation.objects.count()) == (409, 0)
    assert "Open the account again first." in words(response)


@pytest.mark.parametrize(
    ("username", "sentence"),
    [
        ("", "Type a username."),
        ("   ", "Type a username."),
        ("\u200b", "There is nothing to see in this name."),
        ("li\u200bwei", "holds a character that nobody can see"),
        ("li wei", "Enter a valid username"),
        ("li\u115fwei", "holds a character that nobody can see"),
        ("x" * 151, "at most 150 characters"),
        ("olga", "Somebody has this name already."),
        ("OLGA", "Somebody has this name already."),
        ("gone", "The audit log tells what somebody of this name did."),
        ("erased-0123abcd", "The audit log tells what somebody of this name did."),
    ],
)
def test_a_name_that_nobody_may_have_is_refused(administrator: Person, username: str, sentence: str) -> None:
    UserFactory(username="olga")
    chain.append(actor="gone", action="user.signed_in", subject="gone")
    number = User.objects.count()
    response = administrator.post("/access/add/", {"username": username, "role": "viewer"})
    assert response.status_code == 422
    assert sentence in words(response)
    assert User.objects.count() == number


@pytest.mark.parametrize("role", ["", "king", "Administrator"])
def test_what_is_no_role_is_refused(administrator: Person, role: str) -> None:
    response = administrator.post("/access/add/", {"username": "li.wei", "role": role})
    assert response.status_code == 422
    assert ("is no role" if role else "Choose a role.") in words(response)


def test_of_two_who_add_the_same_person_one_is_told(administrator: Person) -> None:
    by = By(user=administrator.user)  # type: ignore[arg-type]
    joining.add(username="li.wei", role="viewer", by=by, now=timezone.now())
    with pytest.raises(Refused, match="Somebody has just added “li.wei”"):
        joining.add(username="li.wei", role="viewer", by=by, now=timezone.now())
    assert connection.is_usable()
    assert AuditEvent.objects.filter(action="person.added").count() == 1
