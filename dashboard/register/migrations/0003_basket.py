"""Selections become sets of tasks, a bit for each. Those before are forgotten: they lived for a day at most."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def forget(apps, schema_editor):
    # A draft that a job was still freezing has lost what it was made of.
    deletions = apps.get_model("deletions", "Deletion").objects.filter(selection__isnull=False)
    deletions.filter(state="draft", freezing_at__isnull=False).update(state="discarded", freezing_at=None)
    deletions.update(selection=None)
    apps.get_model("register", "Selection").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("register", "0002_triggers"), ("deletions", "0001_initial")]

    operations = [
        migrations.RunPython(forget, forget),
        migrations.RemoveField(model_name="selection", name="tasks"),
        migrations.DeleteModel(name="SelectionEntry"),
        migrations.RemoveField(model_name="selection", name="by_task_id"),
        migrations.RemoveField(model_name="selection", name="frozen"),
        migrations.RemoveField(model_name="selection", name="matched"),
        migrations.RemoveField(model_name="selection", name="mode"),
        migrations.RemoveField(model_name="selection", name="through"),
        migrations.AlterField(
            model_name="selection", name="filter", field=models.CharField(max_length=2000, null=True)
        ),
        migrations.AddField(
            model_name="selection",
            name="role",
            field=models.CharField(
                choices=[("open", "Open"), ("cleared", "Cleared"), ("aside", "Aside"), ("draft", "Draft")],
                default="open",
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="selection",
            name="before",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="register.selection"
            ),
        ),
        migrations.AddField(model_name="selection", name="count", field=models.PositiveIntegerField(default=0)),
        migrations.AddField(model_name="selection", name="excluded", field=models.PositiveIntegerField(default=0)),
        migrations.AddField(model_name="selection", name="starred_out", field=models.PositiveIntegerField(default=0)),
        migrations.AddField(model_name="selection", name="revision", field=models.PositiveIntegerField(default=0)),
        migrations.AddField(
            model_name="selection",
            name="changed_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddIndex(
            model_name="selection",
            index=models.Index(fields=["user", "role", "changed_at"], name="selection_latest"),
        ),
        migrations.CreateModel(
            name="SelectionBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("block", models.BigIntegerField()),
                ("bits", models.BigIntegerField()),
                ("pressed", models.BigIntegerField()),
                (
                    "selection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocks",
                        to="register.selection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("selection", "block"), name="selection_block_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SelectionPress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("verb", models.CharField(choices=[("add", "Add"), ("remove", "Remove")], max_length=6)),
                ("meaning", models.CharField(blank=True, max_length=2000)),
                ("by_task_id", models.BooleanField(default=False)),
                ("through", models.BigIntegerField(default=0)),
                (
                    "selection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="presses", to="register.selection"
                    ),
                ),
            ],
        ),
    ]
