from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "permissions": [
                    ("look", "Can look at tasks, deletions and the audit log"),
                    ("delete_tasks", "Can delete tasks"),
                    ("import_tasks", "Can import tasks"),
                ],
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="profile",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("time_zone", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("network", models.CharField(blank=True, max_length=50)),
                ("at", models.DateTimeField()),
                ("succeeded", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["network", "at"], name="attempt_by_network"),
                    models.Index(fields=["name", "at"], name="attempt_by_name"),
                    models.Index(fields=["at"], name="attempt_by_time"),
                ],
            },
        ),
    ]
