"""Holds get rows of their own. What a task shows of them stays on the task."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

from dashboard.register.holding.adopting import adopt


def record(apps, schema_editor):
    of = apps.get_model
    adopt(of("register", "TrackedTask"), of("register", "Hold"), of("register", "HeldTask"), now=timezone.now())


ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
UUID = ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True))
MADE_OF = ("made_of", models.UUIDField(null=True, unique=True))


def selection():
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="register.selection"
    )


class Migration(migrations.Migration):
    dependencies = [("register", "0004_star")]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ID,
                UUID,
                ("by", models.CharField(max_length=150)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("placed_at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("placed", models.PositiveIntegerField(default=0)),
                ("count", models.PositiveIntegerField(default=0)),
                ("told", models.PositiveIntegerField(default=0)),
                MADE_OF,
                ("selection", selection()),
                ("expected", models.PositiveIntegerField(default=0)),
                ("through", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(null=True)),
                ("filter", models.CharField(max_length=2000, null=True)),
                ("by_task_id", models.BooleanField(default=False)),
                ("due_at", models.DateTimeField(null=True)),
                ("looked_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("stopped_by", models.CharField(blank=True, max_length=150)),
                ("stopped_reason", models.CharField(blank=True, max_length=500)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="hold_due"),
                    models.Index(condition=models.Q(("ended_at", None)), fields=["id"], name="hold_in_force"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HoldRelease",
            fields=[
                ID,
                UUID,
                (
                    "cause",
                    models.CharField(
                        choices=[("person", "Person"), ("until", "Until"), ("age", "Age")],
                        default="person",
                        max_length=6,
                    ),
                ),
                ("by", models.CharField(blank=True, max_length=150)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("released_at", models.DateTimeField()),
                (
                    "hold",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="releases",
                        to="register.hold",
                    ),
                ),
                ("holds", models.JSONField(default=list)),
                MADE_OF,
                ("selection", selection()),
                ("released", models.PositiveIntegerField(default=0)),
                ("through", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("moved_at__isnull", False)), fields=["moved_at"], name="release_under_way"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HeldTask",
            fields=[
                ID,
                ("held_at", models.DateTimeField()),
                (
                    "hold",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="register.hold",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="register.holdrelease",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holds",
                        to="register.trackedtask",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("task", "hold"), name="held_once_by_each")],
                "indexes": [
                    models.Index(condition=models.Q(("release", None)), fields=["hold", "task"], name="held_now")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(
                condition=models.Q(("held_by__gt", "")), fields=["listed", "created_at", "id"], name="task_held"
            ),
        ),
        migrations.RunPython(record, migrations.RunPython.noop),
    ]
