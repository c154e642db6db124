from __future__ import annotations

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deletions", "0005_certificates"),
        ("register", "0007_forgotten"),
    ]

    operations = [
        migrations.CreateModel(
            name="Forgetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("by", models.CharField(max_length=150)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("asked_at", models.DateTimeField()),
                ("made_of", models.UUIDField(unique=True)),
                ("tasks", models.PositiveIntegerField()),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("marking", "Marking"),
                            ("erasing", "Erasing"),
                            ("imports", "Imports"),
                            ("reasons", "Reasons"),
                            ("done", "Done"),
                        ],
                        default="marking",
                        max_length=7,
                    ),
                ),
                ("through", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(null=True)),
                ("erased", models.JSONField(default=dict)),
                ("finished_at", models.DateTimeField(null=True)),
                ("signed", models.TextField(blank=True)),
                ("signature", models.CharField(blank=True, max_length=128)),
                (
                    "selection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="register.selection",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("moved_at__isnull", False)),
                        fields=["moved_at"],
                        name="forgetting_under_way",
                    )
                ],
            },
        ),
    ]
