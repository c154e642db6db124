from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("register", "0013_watched_file")]

    operations = [
        # Without a default, so that SQLite does not write the whole table anew, and without its triggers.
        *(
            migrations.AddField(model_name="trackedtask", name=name, field=models.DateTimeField(null=True))
            for name in ("asked_at", "seen_at", "gone_at")
        ),
        *(
            migrations.AddIndex(
                model_name="trackedtask",
                index=models.Index(
                    condition=Q(deleted_at__isnull=True, checked_at__isnull=is_new),
                    fields=[first, "id"],
                    name=name,
                ),
            )
            for name, first, is_new in (
                ("task_never_looked_up", "tracked_at", True),
                ("task_looked_up", "checked_at", False),
            )
        ),
    ]
