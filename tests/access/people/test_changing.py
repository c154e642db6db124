"""Roles and limits: who may change whom, and what is kept of it."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db import connection

from dashboard.access.limits import Allowed, limits_of
from dashboard.access.models import Limits
from dashboard.access.people import changing, closing
from dashboard.access.people.asking import By, Refused
from dashboard.access.roles import role_of
from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from tests.access.people.test_joining import words
from tests.access.signing_in.people import give_app
from tests.conftest import Person
from tests.factories import PASSWORD, UserFactory


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory(username="olga", role="operator")


def standing(person: User) -> tuple[str, bool, bool, list[str]]:
    person = User.objects.get(pk=person.pk)
    groups = list(person.groups.order_by("name").values_list("name", flat=True))
    return role_of(person), person.is_superuser, person.is_staff, groups


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "administrator"])
def test_a_person_has_one_role_and_an_administrator_every_right(administrator: Person, olga: User, role: str) -> None:
    assert administrator.post(f"/access/{olga.pk}/role/", {"role": role}).status_code == 302
    is_one = role == "administrator"
    assert standing(olga) == (role, is_one, is_one, [role])
    told = AuditEvent.objects.get(action="person.role_changed")
    assert (told.actor, told.address, told.subject) == ("alice", "127.0.0.1", "olga")
    assert told.detail == {"before": "operator", "after": role}
    assert chain.verify() is None


def test_other_groups_stay_with_a_person(administrator: Person, olga: User) -> None:
    olga.groups.add(Group.objects.create(name="night shift"))
    administrator.post(f"/access/{olga.pk}/role/", {"role": "viewer"})
    assert standing(olga)[3] == ["night shift", "viewer"]


@pytest.mark.parametrize("role", ["viewer", "operator", "approver"])
def test_the_last_administrator_can_not_be_demoted(administrator: Person, role: str) -> None:
    UserFactory(username="shut", is_superuser=True, is_active=False)
    User.objects.create_user("invited", is_superuser=True)
    response = administrator.post(f"/access/{administrator.user.pk}/role/", {"role": role})
    assert response.status_code == 409
    assert "“alice” is the last administrator who can sign in." in words(response)
    assert standing(administrator.user)[0] == "administrator"  # type: ignore[arg-type]


def test_one_of_two_administrators_can_be_demoted_by_themselves(administrator: Person) -> None:
    UserFactory(username="bob", is_superuser=True)
    response = administrator.post(f"/access/{administrator.user.pk}/role/", {"role": "viewer"})
    assert response.headers["Location"] == "/account/"
    assert standing(administrator.user) == ("viewer", False, False, ["viewer"])  # type: ignore[arg-type]
    assert administrator.get("/access/").status_code == 403


def test_only_an_administrator_gives_rights(olga: User) -> None:
    manager = UserFactory(username="manager", role="viewer")
    manager.user_permissions.add(Permission.objects.get(codename="manage_people"))
    person = Person.signed_in(manager)
    assert person.get("/access/").status_code == 200
    for path, fields in {
        f"/access/{olga.pk}/role/": {"role": "administrator"},
        f"/access/{manager.pk}/role/": {"role": "administrator"},
        f"/access/{olga.pk}/limits/": {},
        f"/access/{olga.pk}/reset/": {},
        f"/access/{olga.pk}/end-sessions/": {},
        f"/access/{olga.pk}/disable/": {},
        "/access/roles/viewer/": {"most_tasks": "1"},
        "/access/add/": {"username": "new", "role": "viewer"},
    }.items():
        response = person.post(path, fields)
        assert response.status_code == 403, path
        assert "Only an administrator gives rights, or takes them." in words(response)
    assert (standing(olga)[0], User.objects.filter(username="new").exists()) == ("operator", False)
    assert not AuditEvent.objects.exists()


def test_who_was_demoted_meanwhile_gives_no_rights(administrator: Person, olga: User) -> None:
    stale = By(user=User.objects.get(pk=administrator.user.pk))
    User.objects.filter(pk=administrator.user.pk).update(is_superuser=False)
    with pytest.raises(PermissionDenied):
        changing.change_role(person=olga, role="administrator", by=stale)


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_demote_each_other_one_remains() -> None:
    alice, bob = (UserFactory(username=name, is_superuser=True) for name in ("alice", "bob"))
    barrier, refused = threading.Barrier(2), []

    def demote(by: User, person: User) -> None:
        barrier.wait(timeout=10)
        try:
            changing.change_role(person=person, role="viewer", by=By(user=by))
        except (Refused, PermissionDenied) as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((alice, bob), (bob, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1
    assert len(refused) == 1


def test_limits_are_a_persons_own_or_those_of_the_role(administrator: Person, olga: User) -> None:
    administrator.post("/access/roles/operator/", {"most_tasks": "100", "only_kinds": ["image"]})
    assert limits_of(olga) == Allowed(most_tasks=100, only_kinds=("image",))
    fields = {"most_tasks": "20000", "most_daily": "50000", "only_kinds": ["video"], "only_models": "a, b ,a,"}
    assert administrator.post(f"/access/{olga.pk}/limits/", fields).status_code == 302
    own = Allowed(most_tasks=20000, most_daily=50000, only_kinds=("video",), only_models=("a", "b"))
    assert limits_of(olga) == own
    shown = words(administrator.get("/access/"))
    assert "20,000 a deletion · 50,000 in 24 h · videos only · only a, b" in shown
    assert "100 a deletion · images only" in shown
    told = AuditEvent.objects.get(action="person.limits_changed")
    assert (told.subject, told.detail["before"], told.detail["after"]["most_daily"]) == ("olga", None, 50000)
    role = AuditEvent.objects.get(action="role.limits_changed")
    assert (role.subject, role.detail["after"]["most_tasks"]) == ("operator", 100)


def test_without_any_the_roles_hold_again_or_none_at_all(administrator: Person, olga: User) -> None:
    administrator.post("/access/roles/operator/", {"most_tasks": "100"})
    administrator.post(f"/access/{olga.pk}/limits/", {"unlimited": "on"})
    assert limits_of(olga) == Allowed()
    assert 'name="unlimited" id="id_unlimited" checked' in words(administrator.get(f"/access/{olga.pk}/"))
    administrator.post(f"/access/{olga.pk}/limits/", {})
    assert limits_of(olga) == Allowed(most_tasks=100)
    administrator.post("/access/roles/operator/", {})
    assert (limits_of(olga), Limits.objects.count()) == (Allowed(), 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"most_tasks": "-1"}, "Use 0 or more, or leave it empty for no limit."),
        ({"most_tasks": "many"}, "Use a whole number, or leave it empty for no limit."),
        ({"most_daily": "1.5"}, "Use a whole number, or leave it empty for no limit."),
        ({"most_daily": "1000000001"}, "Use at most 1,000,000,000, or leave it empty for no limit."),
        ({"only_kinds": ["audio"]}, "“audio” is no kind. There are images and videos."),
        ({"only_models": "see\u200bdream"}, "holds a character that nobody can see."),
        ({"unlimited": "on", "most_tasks": "3"}, "These are limits. Take them out, or untick “No limits”."),
    ],
)
def test_what_is_no_limit_is_refused(administrator: Person, olga: User, fields: dict, sentence: str) -> None:
    response = administrator.post(f"/access/{olga.pk}/limits/", fields)
    assert response.status_code == 422
    assert sentence in words(response)
    assert not Limits.objects.exists()


def test_there_are_four_roles(administrator: Person) -> None:
    assert administrator.get("/access/roles/king/").status_code == 404


def test_a_person_who_was_removed_meanwhile_is_told_of(administrator: Person, olga: User) -> None:
    by, gone = By(user=User.objects.get(pk=administrator.user.pk)), User.objects.get(pk=olga.pk)
    olga.delete()
    with pytest.raises(Refused, match="removed meanwhile"):
        closing.disable(person=gone, by=by)


def test_a_lost_second_factor_is_forgotten_and_nothing_else(administrator: Person) -> None:
    olga = UserFactory(username="olga", role="operator")
    give_app(olga)
    person = Person.signed_in(olga)
    assert "Second factor: App" in administrator.get(f"/access/{olga.pk}/").content.decode()
    response = administrator.post(f"/access/{olga.pk}/second-factor/", follow=True)
    assert "“olga” is signed out, and has no second factor now." in words(response)
    assert person.get("/tasks/").status_code == 302
    told = AuditEvent.objects.get(action="user.second_factor_removed")
    assert (told.actor, told.subject, told.detail["by"]) == ("alice", "olga", "an administrator")
    assert "Forget second factor" not in administrator.get(f"/access/{olga.pk}/").content.decode()
    assert administrator.post(f"/access/{olga.pk}/second-factor/").status_code == 409
    assert Person().post("/login/", {"username": "olga", "password": PASSWORD}).headers["Location"] == "/tasks/"
