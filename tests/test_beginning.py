"""What the next test finds after one that committed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, transaction

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.database import append_only
from dashboard.register.models import TrackedTask
from tests.beginning import Beginning
from tests.factories import TrackedTaskFactory, UserFactory


@pytest.mark.django_db(transaction=True)
def test_everything_is_again_what_the_migrations_left() -> None:
    beginning = Beginning()
    groups = {group.name: set(group.permissions.all()) for group in Group.objects.all()}
    permissions = list(Permission.objects.order_by("pk").values())
    assert groups["operator"] > groups["viewer"]
    UserFactory(role="operator")
    TrackedTaskFactory(prompt="A lighthouse")
    with transaction.atomic():
        chain.append(actor="olga", action="a.b")
    Permission.objects.filter(codename="delete_tasks").delete()
    Permission.objects.filter(codename="look").update(name="Another")
    Group.objects.create(name="another")
    append_only.drop(connection)

    beginning.restore()
    assert (User.objects.count(), TrackedTask.objects.count(), AuditEvent.objects.count()) == (0, 0, 0)
    assert {group.name: set(group.permissions.all()) for group in Group.objects.all()} == groups
    assert list(Permission.objects.order_by("pk").values()) == permissions
    assert append_only.missing(connection) == append_only.altered(connection) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM register_prompts")
        assert cursor.fetchone() == (0,)
