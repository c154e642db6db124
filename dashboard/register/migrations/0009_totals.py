from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0008_override"),
    ]

    operations = [
        migrations.CreateModel(
            name="Totals",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begun_at", models.DateTimeField(null=True)),
                ("counted_at", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(default=0)),
                ("groups", models.JSONField(default=list)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="totals_once")],
            },
        ),
    ]
