from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_selections_keep_their_meaning")]

    operations = [
        migrations.AddField("importbatch", "within", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField("importbatch", "zone", models.CharField(max_length=64, default="UTC", db_default="UTC")),
        migrations.AddField("importbatch", "used", models.JSONField(default=list, db_default=[])),
        migrations.AddField("importbatch", "ignored", models.JSONField(default=list, db_default=[])),
        migrations.AddField("importbatch", "sample", models.JSONField(default=list, db_default=[])),
    ]
