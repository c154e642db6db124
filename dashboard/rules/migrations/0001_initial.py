from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("deletions", "0007_by_rule"),
        ("register", "0012_shipped_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("weekday", models.PositiveSmallIntegerField(null=True)),
                ("hour", models.PositiveSmallIntegerField()),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("cap", models.PositiveIntegerField()),
                ("by_itself", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("terms_at", models.DateTimeField()),
                ("next_at", models.DateTimeField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                ("stopped", models.CharField(blank=True, max_length=300)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="rules",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="rules",
                        to="register.savedview",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="rule_due"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("due_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("announced", "Announced"),
                            ("drafting", "Being drafted"),
                            ("drafted", "Drafted"),
                            ("by_itself", "Confirmed by itself"),
                            ("nothing", "Nothing to delete"),
                            ("not_made", "Not made"),
                        ],
                        max_length=9,
                    ),
                ),
                ("asked_for", models.BooleanField(default=False)),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("announced_at", models.DateTimeField(null=True)),
                ("announced", models.PositiveIntegerField(null=True)),
                ("pictures", models.JSONField(default=list)),
                ("started_at", models.DateTimeField(null=True)),
                ("moved_at", models.DateTimeField(null=True)),
                ("matched", models.PositiveIntegerField(null=True)),
                ("why", models.JSONField(default=list)),
                (
                    "deletion",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="deletions.deletion",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="rules.rule",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("moved_at__isnull", False)), fields=["moved_at"], name="run_under_way"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "due_at"), name="rule_runs_once_at_a_time"),
                ],
            },
        ),
    ]
