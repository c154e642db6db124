from __future__ import annotations

from django.db import migrations, models

DECISIONS = [
    ("approved", "Approved"),
    ("declined", "Declined"),
    ("withdrawn", "Withdrawn"),
    ("expired", "Expired"),
    ("changed", "Changed"),
]


class Migration(migrations.Migration):
    dependencies = [("deletions", "0003_approval")]

    operations = [
        migrations.AddField(
            model_name="deletion",
            name="decision",
            field=models.CharField(blank=True, choices=DECISIONS, max_length=9),
        ),
    ]
