from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deletions", "0007_evidence"),
    ]

    operations = [
        migrations.AddField(
            model_name="deletion",
            name="sample_picked",
            field=models.IntegerField(db_default=0, default=0),
        ),
    ]
