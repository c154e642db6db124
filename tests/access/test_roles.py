from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from dashboard.access.roles import create_roles

pytestmark = pytest.mark.django_db


def granted() -> dict[str, set[str]]:
    return {
        group.name: {
            f"{permission.content_type.app_label}.{permission.codename}" for permission in group.permissions.all()
        }
        for group in Group.objects.all()
    }


AS_MIGRATED = {
    "viewer": {"access.look"},
    "operator": {"access.look", "access.delete_tasks", "access.import_tasks"},
}


def test_a_migration_makes_viewer_and_operator() -> None:
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


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_taken_back_and_done_again() -> None:
    call_command("migrate", "access", "0001", verbosity=0)
    assert granted() == {}

    call_command("migrate", "access", verbosity=0)
    assert granted() == AS_MIGRATED
