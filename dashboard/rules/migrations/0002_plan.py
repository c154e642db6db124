from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rules", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("counts", models.JSONField(default=dict)),
                ("numbers", models.BinaryField()),
            ],
        ),
    ]
