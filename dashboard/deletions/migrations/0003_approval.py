from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STATES = [
    ("draft", "Draft"),
    ("awaiting_approval", "Awaiting approval"),
    ("scheduled", "Scheduled"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("finished", "Finished"),
    ("discarded", "Discarded"),
    ("cancelled", "Cancelled"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("deletions", "0002_retried_outcome"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="deletion",
            name="state",
            field=models.CharField(choices=STATES, default="draft", max_length=17),
        ),
        migrations.AddField(model_name="deletion", name="approval_asked_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="deletion", name="approval_reasons", field=models.JSONField(default=list)),
        migrations.AddField(model_name="deletion", name="decided_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="deletion",
            name="decider",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="deletion", name="decider_name", field=models.CharField(blank=True, max_length=150)
        ),
        migrations.AddField(
            model_name="deletion", name="declined_reason", field=models.CharField(blank=True, max_length=500)
        ),
    ]
