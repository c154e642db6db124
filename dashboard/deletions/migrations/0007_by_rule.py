from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deletions", "0006_forgetting")]

    operations = [
        migrations.AddField(model_name="deletion", name="rule", field=models.UUIDField(null=True)),
        migrations.AddField(model_name="deletion", name="rule_name", field=models.CharField(blank=True, max_length=80)),
        migrations.AddField(model_name="deletion", name="by_itself", field=models.BooleanField(default=False)),
        migrations.AddField(model_name="deletion", name="draft_until", field=models.DateTimeField(null=True)),
    ]
