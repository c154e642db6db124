from __future__ import annotations

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IndexedPrompt",
            fields=[
                ("rowid", models.BigIntegerField(primary_key=True, serialize=False)),
                ("folded", models.TextField()),
            ],
            options={
                "db_table": "register_prompts",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Checking"),
                            ("checked", "Checked"),
                            ("importing", "Importing"),
                            ("imported", "Imported"),
                        ],
                        default="checking",
                        max_length=9,
                    ),
                ),
                ("source", models.CharField(max_length=255)),
                ("kind", models.CharField(blank=True, max_length=5)),
                ("zone", models.CharField(default="UTC", max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("size", models.BigIntegerField(default=0)),
                ("offset", models.BigIntegerField(default=0)),
                ("lines", models.BigIntegerField(default=0)),
                ("within", models.BigIntegerField(default=0)),
                ("entries", models.BigIntegerField(default=0)),
                ("problems", models.JSONField(default=list)),
                ("notes", models.JSONField(default=list)),
                ("used", models.JSONField(default=list)),
                ("ignored", models.JSONField(default=list)),
                ("sample", models.JSONField(default=list)),
                ("to_add", models.PositiveIntegerField(default=0)),
                ("to_update", models.PositiveIntegerField(default=0)),
                ("rejected", models.PositiveIntegerField(default=0)),
                ("cut", models.PositiveIntegerField(default=0)),
                ("added", models.PositiveIntegerField(default=0)),
                ("updated", models.PositiveIntegerField(default=0)),
                ("actor", models.CharField(blank=True, max_length=150)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("moved_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("applied_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Selection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("filter", models.CharField(blank=True, max_length=2000)),
                ("frozen", models.CharField(max_length=2000, null=True)),
                ("by_task_id", models.BooleanField(default=False)),
                ("mode", models.CharField(choices=[("ids", "Ids"), ("all", "All")], default="ids", max_length=3)),
                ("through", models.BigIntegerField(default=0)),
                ("matched", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="TrackedTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("image", "Image"), ("video", "Video")], max_length=5)),
                ("task_id", models.CharField(max_length=255)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("unknown", "Unknown"),
                            ("queued", "Queued"),
                            ("processing", "Processing"),
                            ("uploading", "Uploading"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                        ],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("model", models.CharField(blank=True, max_length=100)),
                ("prompt", models.TextField(blank=True)),
                ("urls", models.JSONField(blank=True, default=list)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("duration", models.FloatField(null=True)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(null=True)),
                ("created_raw", models.CharField(blank=True, max_length=64)),
                ("tracked_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(null=True)),
                (
                    "presence",
                    models.CharField(
                        choices=[
                            ("present", "Present"),
                            ("deleting", "Deleting"),
                            ("deleted", "Deleted"),
                            ("missing", "Missing"),
                        ],
                        default="present",
                        max_length=8,
                    ),
                ),
                ("listed", models.SmallIntegerField(db_default=1, default=1, editable=False)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("last_outcome", models.CharField(blank=True, max_length=12)),
                ("last_message", models.TextField(blank=True)),
                ("last_deletion", models.UUIDField(null=True)),
                ("held_by", models.CharField(blank=True, max_length=150)),
                ("held_reason", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["task_id"], name="task_by_id", opclasses=["varchar_pattern_ops"]),
                    models.Index(fields=["listed", "created_at", "id"], name="task_by_time"),
                    models.Index(fields=["listed", "kind", "created_at", "id"], name="task_by_kind"),
                    models.Index(fields=["listed", "status", "created_at", "id"], name="task_by_status"),
                    models.Index(fields=["listed", "kind", "status", "created_at", "id"], name="task_by_kind_status"),
                    models.Index(fields=["listed", "presence", "created_at", "id"], name="task_by_presence"),
                    models.Index(
                        fields=["listed", "model", "created_at", "id", "kind", "status"], name="task_by_model"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("kind", "task_id"), name="task_once_per_kind")],
            },
        ),
        migrations.CreateModel(
            name="SelectionEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "selection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="register.selection"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="register.trackedtask"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="selection",
            name="tasks",
            field=models.ManyToManyField(through="register.SelectionEntry", to="register.trackedtask"),
        ),
        migrations.CreateModel(
            name="ImportPiece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(choices=[("upload", "Upload"), ("rows", "Rows"), ("seen", "Seen")], max_length=6),
                ),
                ("number", models.BigIntegerField()),
                ("count", models.PositiveIntegerField(default=0)),
                ("data", models.BinaryField()),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pieces",
                        to="register.importbatch",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("batch", "role", "number"), name="import_piece_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="selectionentry",
            constraint=models.UniqueConstraint(fields=("selection", "task"), name="selection_entry_once"),
        ),
    ]
