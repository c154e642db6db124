from __future__ import annotations

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deletions", "0008_sample_picked"),
        ("inventory", "0006_import_outlives_person"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="deletion",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="deletion",
            index=models.Index(condition=models.Q(("closed_at", None)), fields=["state"], name="deletion_to_close"),
        ),
    ]
