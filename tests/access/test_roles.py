from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from dashboard.access.limits import Allowed, limits_of
from dashboard.access.models import Limits
from dashboard.access.roles import create_roles, role_of

pytestmark = pytest.mark.django_db


def granted() -> dict[str, set[str]]:
    return {
        group.name: {
            f"{permission.content_type.app_label}.{permission.codename}" for permission in group.permissions.all()
        }
        for group in Group.objects.all()
    }


OPERATOR = {"access.look", "access.delete_tasks", "access.import_tasks", "access.hold_tasks"}
APPROVER = OPERATOR | {"access.approve_deletions", "access.release_holds"}
AS_MIGRATED = {
    "viewer": {"access.look"},
    "operator": OPERATOR,
    "approver": APPROVER,
    "administrator": APPROVER | {"access.manage_people", "access.forget_tasks", "access.allow_hosts"},
}


def test_a_migration_makes_the_roles() -> None:
    assert granted() == AS_MIGRATED


def test_making_them_again_changes_nothing_and_keeps_what_was_added() -> None:
    Group.objects.get(name="viewer").permissions.add(Permission.objects.get(codename="view_user"))
    before = Permission.objects.count()

    create_roles()

    assert granted() == AS_MIGRATED | {"viewer": {"access.look", "auth.view_user"}}
    assert Permission.objects.count() == before


def test_they_come_back_after_they_were_lost() -> None:
    Group.objects.all().delete()

    create_roles()

    assert granted() == AS_MIGRATED


def test_the_groups_really_give_the_permissions() -> None:
    person = User.objects.create_user("olga")
    person.groups.add(Group.objects.get(name="operator"))

    assert person.has_perms(AS_MIGRATED["operator"])


def test_a_person_has_the_highest_of_their_roles() -> None:
    person = User.objects.create_user("olga")
    assert role_of(person) == ""

    person.groups.set(Group.objects.filter(name__in=["viewer", "approver", "operator"]))
    assert role_of(person) == "approver"
    assert role_of(User.objects.create_superuser("ada")) == "administrator"


def test_own_limits_replace_those_of_the_highest_role() -> None:
    person = User.objects.create_user("olga")
    person.groups.set(Group.objects.filter(name__in=["operator", "approver"]))
    assert limits_of(person) == Allowed()

    for number, role in enumerate(["operator", "approver"], 1):
        Limits.objects.create(group=Group.objects.get(name=role), most_tasks=number, only_kinds=["image"])
    assert limits_of(person) == Allowed(most_tasks=2, only_kinds=("image",))

    Limits.objects.create(user=person, most_daily=30)
    assert limits_of(person) == Allowed(most_daily=30)


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_taken_back_and_done_again() -> None:
    call_command("migrate", "access", "0001", verbosity=0)
    assert granted() == {}

    call_command("migrate", "access", verbosity=0)
    assert granted() == AS_MIGRATED
