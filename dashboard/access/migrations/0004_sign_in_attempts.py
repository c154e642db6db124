from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_session_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("network", models.CharField(blank=True, max_length=50)),
                ("at", models.DateTimeField()),
                ("succeeded", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["network", "at"], name="attempt_by_network"),
                    models.Index(fields=["name", "at"], name="attempt_by_name"),
                    models.Index(fields=["at"], name="attempt_by_time"),
                ],
            },
        ),
    ]
