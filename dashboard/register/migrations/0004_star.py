from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("register", "0003_basket")]

    operations = [
        migrations.CreateModel(
            name="Star",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="register.trackedtask",
                    ),
                ),
                ("by", models.CharField(max_length=150)),
                ("starred_at", models.DateTimeField()),
            ],
        ),
    ]
