from __future__ import annotations

from django.db import migrations, models

OUTCOMES = [
    ("waiting", "Waiting"),
    ("sent", "Sent"),
    ("deleted", "Deleted"),
    ("already_gone", "Already gone"),
    ("refused", "Refused"),
    ("unknown", "Unknown"),
    ("skipped", "Skipped"),
    ("kept", "Kept"),
]


class Migration(migrations.Migration):
    dependencies = [("deletions", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="deletion",
            name="retried_outcome",
            field=models.CharField(choices=OUTCOMES, default="refused", max_length=12),
        ),
    ]
