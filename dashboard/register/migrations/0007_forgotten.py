from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0006_added_by"),
    ]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="wordless",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.CreateModel(
            name="ForgottenTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("forgetting", models.UUIDField()),
                (
                    "task",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="forgettings",
                        to="register.trackedtask",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["forgetting", "task"], name="forgotten_by_press")],
                "constraints": [models.UniqueConstraint(fields=("task", "forgetting"), name="forgotten_once_by_each")],
            },
        ),
    ]
