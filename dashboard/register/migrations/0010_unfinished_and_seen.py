from __future__ import annotations

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0009_totals"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(
                fields=["listed", "created_at", "id"],
                name="task_unfinished",
                condition=models.Q(("status__in", ["queued", "processing", "uploading"])),
            ),
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(
                models.F("listed"),
                django.db.models.functions.comparison.Coalesce("checked_at", "tracked_at"),
                name="task_by_seen",
            ),
        ),
    ]
