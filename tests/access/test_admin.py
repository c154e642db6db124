from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent, AuditHead
from tests.conftest import Person

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
