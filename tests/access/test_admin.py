from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import DatabaseError

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent, AuditHead
from tests.conftest import Person
from tests.factories import UserFactory

PASSWORD = "correct horse battery"


@pytest.fixture
def peter(db: None) -> User:
    return User.objects.create_user("peter", password=PASSWORD)


def last_event() -> AuditEvent:
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.actor, event.address) == ("alice", "127.0.0.1")
    assert chain.verify() is None
    return event


def test_adding_a_person_is_recorded(administrator: Person) -> None:
    fields = {"username": "peter", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}

    assert administrator.post("/admin/auth/user/add/", fields).status_code == 302

    event = last_event()
    assert (event.action, event.subject) == ("user.added", "peter")
    assert event.detail["superuser"] is False
    assert PASSWORD not in str(event.detail)


def test_an_empty_name_of_a_key_means_the_usual_key(administrator: Person, peter: User) -> None:
    sequence = chain.append(actor="alice", address="127.0.0.1", action="user.added", subject="peter").pk
    for place in (
        f"auth/user/{peter.pk}/change",
        f"auth/user/{peter.pk}/delete",
        f"audit/auditevent/{sequence}/change",
    ):
        assert administrator.get(f"/admin/{place}/?_to_field=").status_code == 200, place
    assert administrator.get(f"/admin/auth/user/{peter.pk}/change/?_to_field=password").status_code == 400


def test_giving_a_role_is_recorded_with_what_the_person_may_do_now(administrator: Person, peter: User) -> None:
    fields = {
        "username": "peter",
        "groups": [Group.objects.get(name="operator").pk],
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }

    assert administrator.post(f"/admin/auth/user/{peter.pk}/change/", fields).status_code == 302

    event = last_event()
    assert (event.action, event.subject) == ("user.changed", "peter")
    assert "Groups" in event.detail["changed"]
    assert event.detail["groups"] == ["operator"]
    assert event.detail["id"] == peter.pk


def test_setting_a_password_is_recorded_without_it(administrator: Person, peter: User) -> None:
    fields = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}

    assert administrator.post(f"/admin/auth/user/{peter.pk}/password/", fields).status_code == 302

    peter.refresh_from_db()
    assert peter.check_password("another horse battery")
    event = last_event()
    assert (event.action, event.subject) == ("user.changed", "peter")
    assert "another horse" not in str(event.detail)


def test_a_password_that_could_not_be_recorded_is_not_set(administrator: Person, peter: User) -> None:
    chain.append(actor="", action="call.delete")
    # With its end set back, the chain takes no further event.
    AuditHead.objects.update(sequence=0)
    fields = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}

    with pytest.raises(DatabaseError):
        administrator.post(f"/admin/auth/user/{peter.pk}/password/", fields)

    peter.refresh_from_db()
    assert peter.check_password(PASSWORD)


def test_changing_ones_own_password_is_recorded(administrator: Person) -> None:
    administrator.user.set_password(PASSWORD)
    administrator.user.save()
    administrator.force_login(administrator.user)
    fields = {"old_password": PASSWORD, "new_password1": "another horse battery", "new_password2": "no match"}

    assert administrator.post("/admin/password_change/", fields).status_code == 200
    assert not AuditEvent.objects.exists()
    fields["new_password2"] = fields["new_password1"]
    assert administrator.post("/admin/password_change/", fields).status_code == 302

    assert last_event().action == "user.password_changed"


def test_deleting_a_person_is_recorded(administrator: Person, peter: User) -> None:
    assert administrator.post(f"/admin/auth/user/{peter.pk}/delete/", {"post": "yes"}).status_code == 302

    assert not User.objects.filter(username="peter").exists()
    event = last_event()
    assert (event.action, event.subject) == ("user.deleted", "peter")


def test_deleting_several_people_records_each(administrator: Person, peter: User) -> None:
    paula = User.objects.create_user("paula")
    fields = {"action": "delete_selected", "_selected_action": [peter.pk, paula.pk], "post": "yes"}

    assert administrator.post("/admin/auth/user/", fields).status_code == 302

    assert not User.objects.filter(username__in=["peter", "paula"]).exists()
    recorded = AuditEvent.objects.order_by("sequence").values_list("action", "subject")
    assert list(recorded) == [("user.deleted", "paula"), ("user.deleted", "peter")]


def test_a_change_that_is_refused_is_not_recorded(administrator: Person, peter: User) -> None:
    assert administrator.post(f"/admin/auth/user/{peter.pk}/change/", {"username": ""}).status_code == 200

    assert not AuditEvent.objects.exists()


def test_changing_a_group_is_recorded_with_what_it_allows_now(administrator: Person) -> None:
    group = Group.objects.get(name="viewer")

    response = administrator.post(f"/admin/auth/group/{group.pk}/change/", {"name": "viewer", "permissions": []})

    assert response.status_code == 302
    event = last_event()
    assert (event.action, event.subject, event.detail["permissions"]) == ("group.changed", "viewer", [])


def test_the_audit_log_can_be_read_there_and_nothing_else(administrator: Person) -> None:
    chain.append(actor="olga", action="deletion.confirmed")

    assert administrator.get("/admin/audit/auditevent/").status_code == 200
    assert administrator.get("/admin/audit/auditevent/1/change/").status_code == 200
    assert administrator.get("/admin/audit/auditevent/add/").status_code == 403
    assert administrator.post("/admin/audit/auditevent/1/change/", {"actor": "nobody"}).status_code == 403
    assert administrator.post("/admin/audit/auditevent/1/delete/", {"post": "yes"}).status_code == 403
    assert AuditEvent.objects.get().actor == "olga"


@pytest.mark.parametrize("path", ["/admin/", "/admin/auth/user/", "/admin/password_change/"])
def test_only_staff_get_in(operator: Person, path: str) -> None:
    response = operator.get(path, follow=True)

    assert response.status_code == 403
    assert "The administration is for accounts marked as staff." in response.content.decode()


def test_staff_without_the_permission_change_nobody(operator: Person, peter: User) -> None:
    operator.user.is_staff = True
    operator.user.save()

    assert operator.get("/admin/").status_code == 200
    assert operator.post(f"/admin/auth/user/{peter.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(username="peter").exists()


@pytest.fixture
def keeper(db: None) -> Person:
    """May look at and edit people and groups, and what a viewer may; no administrator."""
    person = Person.signed_in(UserFactory(username="kim", role="viewer", is_staff=True))
    may = ["view_user", "change_user", "delete_user", "add_user", "view_group", "change_group"]
    person.user.user_permissions.set(Permission.objects.filter(codename__in=may))
    return person


def person_form(user: User, **fields: object) -> dict[str, object]:
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    return {"username": user.username, "is_active": "on", **dates, **fields}


def test_who_edits_people_gives_nobody_more_than_they_have(keeper: Person, peter: User) -> None:
    operator, viewer = (Group.objects.get(name=name) for name in ("operator", "viewer"))
    every = list(Permission.objects.values_list("pk", flat=True))
    for user in (peter, keeper.user):
        url = f"/admin/auth/user/{user.pk}/change/"
        for more in ({"groups": [operator.pk]}, {"user_permissions": every}):
            refused = keeper.post(url, person_form(user, is_staff="on", **more))
            assert (refused.status_code, "Select a valid choice" in refused.content.decode()) == (200, True)
        assert not User.objects.get(pk=user.pk).has_perm("access.delete_tasks")
    url = f"/admin/auth/user/{peter.pk}/change/"
    assert keeper.post(url, person_form(peter, groups=[viewer.pk], is_superuser="on")).status_code == 302
    peter.refresh_from_db()
    assert (list(peter.groups.all()), peter.is_superuser) == ([viewer], False)


@pytest.mark.parametrize("active", [True, False])
def test_who_edits_people_can_not_touch_an_administrator_nor_an_operator(keeper: Person, active: bool) -> None:
    administrator = UserFactory(username="alice", is_superuser=True, is_active=active)
    operator = UserFactory(username="olga", role="operator", is_active=active)
    new = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    for user in (administrator, operator):
        before = user.password
        assert keeper.post(f"/admin/auth/user/{user.pk}/password/", new).status_code == 403
        assert keeper.post(f"/admin/auth/user/{user.pk}/change/", person_form(user)).status_code == 403
        assert keeper.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
        keeper.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"})
        assert User.objects.get(pk=user.pk).password == before


def test_who_edits_groups_adds_nothing_to_their_own(keeper: Person) -> None:
    viewer, operator = (Group.objects.get(name=name) for name in ("viewer", "operator"))
    every = list(Permission.objects.values_list("pk", flat=True))
    assert (
        keeper.post(f"/admin/auth/group/{viewer.pk}/change/", {"name": "viewer", "permissions": every}).status_code
        == 200
    )
    assert keeper.post(f"/admin/auth/group/{operator.pk}/change/", {"name": "operator"}).status_code == 403
    assert viewer.permissions.count() == 1


def test_the_fields_for_a_moment_say_whose_time_it_is(administrator: Person, peter: User) -> None:
    administrator.post("/account/", {"time_zone": "Asia/Kathmandu"})
    page = administrator.get(f"/admin/auth/user/{peter.pk}/change/").content.decode()
    assert page.count("In the time zone Asia/Kathmandu.") == 2


def test_moments_in_the_admin_name_their_offset(administrator: Person, peter: User) -> None:
    administrator.post("/account/", {"time_zone": "Asia/Kathmandu"})
    administrator.post("/admin/auth/group/add/", {"name": "guests"})
    group = Group.objects.get(name="guests")
    assert "UTC+0545" in administrator.get(f"/admin/auth/group/{group.pk}/history/").content.decode()
    assert "UTC+0545" in administrator.get("/admin/audit/auditevent/").content.decode()
