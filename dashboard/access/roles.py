from __future__ import annotations

from django.apps import apps as installed_apps
from django.apps.registry import Apps

ROLES = {
    "viewer": ["look"],
    "operator": ["look", "delete_tasks", "import_tasks"],
}


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
        group.permissions.add(*(permissions[codename] for codename in codenames))


def delete_roles(apps: Apps = installed_apps) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="access", content_type__model="role"
    ).delete()
