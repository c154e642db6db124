from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from dashboard.access.roles import create_roles


def create(apps, schema_editor):
    create_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0004_looks"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="role",
            options={
                "default_permissions": (),
                "managed": False,
                "permissions": [
                    ("look", "Can look at tasks, deletions and the audit log"),
                    ("delete_tasks", "Can delete tasks"),
                    ("import_tasks", "Can import tasks"),
                    ("allow_hosts", "Can choose the hosts whose pictures are shown"),
                    ("approve_deletions", "Can approve deletions that others ask for"),
                    ("hold_tasks", "Can hold tasks"),
                    ("release_holds", "Can release holds"),
                    ("manage_people", "Can add people, and change roles and limits"),
                    ("forget_tasks", "Can erase prompts, pictures and reasons of tasks"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Limits",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("most_tasks", models.PositiveIntegerField(null=True)),
                ("most_daily", models.PositiveIntegerField(null=True)),
                ("only_kinds", models.JSONField(default=list)),
                ("only_models", models.JSONField(default=list)),
                (
                    "group",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="auth.group",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None),
                        name="limits_of_a_person_or_a_role",
                    )
                ]
            },
        ),
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
