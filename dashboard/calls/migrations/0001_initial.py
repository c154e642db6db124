from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=255, unique=True)),
                ("paused_reason", models.TextField(blank=True)),
                ("rest_until", models.DateTimeField(blank=True, null=True)),
                ("rest_reason", models.TextField(blank=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("wake_at", models.DateTimeField(blank=True, null=True)),
                ("key", models.CharField(blank=True, max_length=16)),
                ("doubt", models.TextField(blank=True)),
                ("doubted_at", models.DateTimeField(blank=True, null=True)),
                ("trusted_since", models.DateTimeField(blank=True, null=True)),
                ("proven_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_by", models.CharField(blank=True, max_length=150)),
                ("lag", models.FloatField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Slot",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("beat_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="ProviderCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("deletion", models.UUIDField(db_index=True, null=True)),
                ("kind", models.CharField(choices=[("image", "Image"), ("video", "Video")], max_length=5)),
                ("operation", models.CharField(choices=[("delete", "Delete"), ("look_up", "Look up")], max_length=7)),
                ("purpose", models.CharField(blank=True, max_length=8)),
                ("ids", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("http_status", models.PositiveSmallIntegerField(null=True)),
                ("code", models.IntegerField(null=True)),
                ("status", models.CharField(blank=True, max_length=200)),
                ("message", models.TextField(blank=True)),
                ("form", models.CharField(blank=True, max_length=200, null=True)),
                ("error", models.TextField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("slot", models.PositiveIntegerField(null=True)),
                ("token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "Ready"),
                            ("open", "Open"),
                            ("answered", "Answered"),
                            ("lost", "Lost"),
                            ("not_sent", "Not Sent"),
                        ],
                        max_length=8,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("lease_until__isnull", False)), fields=["lease_until"], name="call_in_hand"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Control",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("image", "Image"), ("video", "Video")], max_length=5)),
                ("witness", models.CharField(blank=True, max_length=255)),
                ("witness_at", models.DateTimeField(null=True)),
                ("witness_asked_at", models.DateTimeField(null=True)),
                ("missed", models.JSONField(default=list)),
                ("lost", models.JSONField(default=list)),
                ("exhausted", models.BooleanField(default=False)),
                ("ghost_at", models.DateTimeField(null=True)),
                ("ghost_asked_at", models.DateTimeField(null=True)),
                ("forms", models.JSONField(default=list)),
                ("proven_form", models.CharField(blank=True, max_length=200)),
                ("silent_witnesses", models.PositiveIntegerField(default=0)),
                ("silent_ghosts", models.PositiveIntegerField(default=0)),
                ("unsteady_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="controls", to="calls.account"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "kind"), name="control_one_a_kind")],
            },
        ),
    ]
