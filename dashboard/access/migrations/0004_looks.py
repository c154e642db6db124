from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_allow_hosts"),
    ]

    operations = [
        migrations.AddField(
            model_name="profile",
            name="card_size",
            field=models.CharField(blank=True, max_length=1),
        ),
        migrations.AddField(
            model_name="profile",
            name="density",
            field=models.CharField(blank=True, max_length=11),
        ),
        migrations.AddField(
            model_name="profile",
            name="hidden_columns",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="profile",
            name="page_size",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="profile",
            name="task_view",
            field=models.CharField(blank=True, max_length=7),
        ),
    ]
