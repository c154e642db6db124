from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps as installed_apps
from django.apps.registry import Apps

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ADMINISTRATOR = "administrator"
OPERATOR = ["look", "delete_tasks", "import_tasks", "hold_tasks"]
ROLES = {
    "viewer": ["look"],
    "operator": OPERATOR,
    "approver": [*OPERATOR, "approve_deletions", "release_holds"],
    ADMINISTRATOR: [
        *OPERATOR,
        *("approve_deletions", "release_holds", "manage_people", "forget_tasks", "allow_hosts"),
    ],
}
"""The groups and their permissions, from the one with the fewest on."""


def role_of(person: User) -> str:
    """The highest role of a person; empty without any. A superuser is an administrator, in whatever group."""
    if person.is_superuser:
        return ADMINISTRATOR
    names = {group.name for group in person.groups.all()}
    return next((role for role in reversed(ROLES) if role in names), "")


def give(person: User, role: str) -> None:
    """Makes it their only role. An administrator has every right, in Django's admin too; the others have none there."""
    groups = installed_apps.get_model("auth", "Group").objects.filter(name__in=ROLES)
    person.groups.remove(*groups.exclude(name=role))
    person.groups.add(*groups.filter(name=role))
    person.is_superuser = person.is_staff = role == ADMINISTRATOR
    person.save(update_fields=["is_superuser", "is_staff"])


def create_roles(apps: Apps = installed_apps) -> None:
    """Creates the groups and their permissions. Can run again; permissions that an administrator added to a group stay.

    Django creates permissions after the last migration, which is too late for a migration that assigns them.
    """
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="access", model="role"
    )
    permissions = {
        codename: apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )[0]
        for codename, name in apps.get_model("access", "Role")._meta.permissions
    }
    for name, codenames in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        # An earlier migration knows fewer permissions.
        group.permissions.add(*(permissions[codename] for codename in codenames if codename in permissions))


def delete_roles(apps: Apps = installed_apps) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="access", content_type__model="role"
    ).delete()
