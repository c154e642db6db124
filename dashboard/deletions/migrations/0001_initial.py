from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("calls", "0001_initial"),
        ("register", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Deletion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("actor_name", models.CharField(max_length=150)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("reason_folded", models.TextField(blank=True, default="", editable=False)),
                ("filter", models.CharField(blank=True, max_length=2000)),
                ("back", models.CharField(blank=True, max_length=2100)),
                ("fingerprint", models.CharField(blank=True, max_length=64)),
                ("manifest_hash", models.CharField(blank=True, max_length=64)),
                ("host", models.CharField(max_length=255)),
                ("key", models.CharField(blank=True, max_length=16)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("scheduled", "Scheduled"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("finished", "Finished"),
                            ("discarded", "Discarded"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("paused_reason", models.TextField(blank=True)),
                ("paused_by_account", models.BooleanField(default=False)),
                ("paused_by_doubt", models.BooleanField(default=False)),
                ("drift", models.PositiveIntegerField(default=0)),
                ("freezing_at", models.DateTimeField(null=True)),
                ("frozen_through", models.BigIntegerField(default=0)),
                ("facts", models.JSONField(default=dict)),
                ("images", models.PositiveIntegerField(default=0)),
                ("first_item", models.BigIntegerField(default=0)),
                ("last_item", models.BigIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("waiting", models.IntegerField(default=0)),
                ("sent", models.IntegerField(default=0)),
                ("deleted", models.IntegerField(default=0)),
                ("already_gone", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                ("unknown", models.IntegerField(default=0)),
                ("skipped", models.IntegerField(default=0)),
                ("kept", models.IntegerField(default=0)),
                ("alarms", models.IntegerField(default=0)),
                ("said", models.IntegerField(default=0)),
                ("sample_picked", models.IntegerField(default=0)),
                ("sample_gone", models.IntegerField(default=0)),
                ("sample_there", models.IntegerField(default=0)),
                ("unsaid", models.IntegerField(default=0)),
                ("contradicted", models.IntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("starts_at", models.DateTimeField(null=True)),
                ("armed_through", models.BigIntegerField(default=0)),
                ("armed_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("refusals_accepted_at", models.DateTimeField(null=True)),
                ("absence_accepted_at", models.DateTimeField(null=True)),
                ("troubled_at", models.DateTimeField(null=True)),
                ("canary_through", models.BigIntegerField(default=0)),
                (
                    "canary_kind",
                    models.CharField(blank=True, choices=[("image", "Image"), ("video", "Video")], max_length=5),
                ),
                ("canary_done_at", models.DateTimeField(null=True)),
                ("condemned_at", models.DateTimeField(null=True)),
                ("condemned_through", models.BigIntegerField(default=0)),
                ("alarm_shown_at", models.DateTimeField(null=True)),
                ("topped_up_at", models.DateTimeField(null=True)),
                ("doubted_through", models.BigIntegerField(null=True)),
                ("served_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deletions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retry_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="retries",
                        to="deletions.deletion",
                    ),
                ),
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
                "ordering": ["-confirmed_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="DeletionItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("image", "Image"), ("video", "Video")], max_length=5)),
                ("task_id", models.CharField(max_length=255)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sent", "Sent"),
                            ("deleted", "Deleted"),
                            ("already_gone", "Already gone"),
                            ("refused", "Refused"),
                            ("unknown", "Unknown"),
                            ("skipped", "Skipped"),
                            ("kept", "Kept"),
                        ],
                        max_length=12,
                    ),
                ),
                ("open", models.BooleanField(default=False)),
                ("code", models.IntegerField(null=True)),
                ("message", models.TextField(blank=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("group", models.BigIntegerField(default=0)),
                ("not_before", models.DateTimeField(null=True)),
                (
                    "if_there",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("resend", "Resend"),
                            ("refuse", "Refuse"),
                            ("tell", "Tell"),
                            ("keep", "Keep"),
                            ("other", "Other"),
                        ],
                        max_length=6,
                    ),
                ),
                ("touched", models.BooleanField(default=False)),
                ("lost_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("verified", models.CharField(max_length=7, null=True)),
                (
                    "evidence",
                    models.CharField(choices=[("said", "TensorsLab says"), ("seen", "seen")], max_length=4, null=True),
                ),
                ("seen_at", models.DateTimeField(null=True)),
                ("first_call", models.BigIntegerField(null=True)),
                ("lost_call", models.BigIntegerField(null=True)),
                ("claim", models.BigIntegerField(null=True)),
                ("gone_times", models.SmallIntegerField(null=True)),
                ("gone_at", models.DateTimeField(null=True)),
                ("there_times", models.SmallIntegerField(null=True)),
                ("there_from", models.DateTimeField(null=True)),
                (
                    "picked",
                    models.CharField(choices=[("random", "Random"), ("besides", "Besides")], max_length=7, null=True),
                ),
                ("inspection", models.BigIntegerField(null=True)),
                (
                    "call",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="calls.providercall",
                    ),
                ),
                (
                    "deletion",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="deletions.deletion",
                    ),
                ),
                (
                    "tracked",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="register.trackedtask",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Inspection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField(null=True)),
                ("everything", models.BooleanField(default=False)),
                ("marked_through", models.BigIntegerField(default=0)),
                ("looked_up", models.PositiveIntegerField(default=0)),
                ("gone", models.PositiveIntegerField(default=0)),
                ("there", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                (
                    "deletion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="inspections", to="deletions.deletion"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddIndex(
            model_name="deletion",
            index=models.Index(fields=["state", "starts_at"], name="deletion_by_state"),
        ),
        migrations.AddIndex(
            model_name="deletion",
            index=models.Index(fields=["-confirmed_at", "-id"], name="deletion_newest_first"),
        ),
        migrations.AddIndex(
            model_name="deletion",
            index=models.Index(condition=models.Q(("closed_at", None)), fields=["state"], name="deletion_to_close"),
        ),
        migrations.AddIndex(
            model_name="deletionitem",
            index=models.Index(
                condition=models.Q(("open", True), ("outcome", "waiting")),
                fields=["deletion", "-group", "kind", "id"],
                name="item_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="deletionitem",
            index=models.Index(
                condition=models.Q(("not_before__isnull", False)), fields=["deletion", "not_before"], name="item_to_ask"
            ),
        ),
        migrations.AddIndex(
            model_name="deletionitem",
            index=models.Index(condition=models.Q(("call__isnull", False)), fields=["call"], name="item_in_hand"),
        ),
        migrations.AddIndex(
            model_name="deletionitem",
            index=models.Index(condition=models.Q(("claim__isnull", False)), fields=["claim"], name="item_claimed"),
        ),
        migrations.AddIndex(
            model_name="deletionitem",
            index=models.Index(fields=["deletion", "outcome", "id"], name="item_by_outcome"),
        ),
        migrations.AddConstraint(
            model_name="deletionitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("open", True)), fields=("tracked",), name="item_one_open_per_task"
            ),
        ),
        migrations.AddConstraint(
            model_name="deletionitem",
            constraint=models.UniqueConstraint(fields=("tracked", "deletion"), name="item_once_per_deletion"),
        ),
        migrations.AddIndex(
            model_name="inspection",
            index=models.Index(condition=models.Q(("at__isnull", True)), fields=["due_at"], name="inspection_to_do"),
        ),
    ]
